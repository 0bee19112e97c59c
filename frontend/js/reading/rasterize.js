import { blank } from "./image.js";

/**
 * Draws strokes as the page's canvas does, in code of our own: some browsers add noise to what is read from a canvas.
 *
 * @import {Gray} from "./image.js"
 * @typedef {{x: number, y: number}} Point
 * @typedef {{points: readonly Point[], width: number}} Stroke in px of the canvas
 */

const SIZE = 280; // px, the side of the canvas
const PIECE = 2; // px, about the length of the straight pieces of a curve
const THINNER = 0.02; // px by which Chromium's edges lie inside their true place, on the average

/**
 * @param {readonly Stroke[]} strokes
 * @returns {Gray} 280x280, black strokes with round caps and joins on white paper
 */
export function rasterize(strokes) {
  const paper = blank(SIZE, SIZE);
  paper.data.fill(255);
  for (const { points, width } of strokes) {
    const ink = cover(flatten(points), width / 2 - THINNER);
    for (let i = 0; i < ink.length; i++) {
      if (ink[i] > 0) paper.data[i] = Math.round(paper.data[i] * (1 - ink[i]));
    }
  }
  return paper;
}

/**
 * The curve through the middles of a stroke's segments, as straight pieces: quadratic Béziers whose control points are
 * the points themselves, as `curve` in model/geometry.js.
 * @param {readonly Point[]} points
 * @returns {Point[]}
 */
function flatten(points) {
  const way = points.map(({ x, y }) => ({ x: tenth(x), y: tenth(y) }));
  const last = way[way.length - 1];
  const line = [way[0]];
  for (let i = 1; i < way.length - 1; i++) {
    const [from, bend, next] = [line[line.length - 1], way[i], way[i + 1]];
    const to = { x: tenth((bend.x + next.x) / 2), y: tenth((bend.y + next.y) / 2) };
    const length = Math.hypot(bend.x - from.x, bend.y - from.y) + Math.hypot(to.x - bend.x, to.y - bend.y);
    const pieces = Math.max(1, Math.ceil(length / PIECE));
    for (let k = 1; k <= pieces; k++) line.push(onCurve(from, bend, to, k / pieces));
  }
  line.push(last);
  return line;
}

/** Coordinates are rounded as those of the canvas are. @param {number} value */
function tenth(value) {
  return Math.round(value * 10) / 10;
}

/** @param {Point} from @param {Point} bend @param {Point} to @param {number} t 0 to 1 @returns {Point} */
function onCurve(from, bend, to, t) {
  const [a, b, c] = [(1 - t) ** 2, 2 * t * (1 - t), t ** 2];
  return { x: a * from.x + b * bend.x + c * to.x, y: a * from.y + b * bend.y + c * to.y };
}

/**
 * The share of each pixel that a round pen covers.
 * @param {Point[]} line @param {number} radius
 * @returns {Float32Array} SIZE x SIZE, 0 to 1
 */
function cover(line, radius) {
  const share = new Float32Array(SIZE * SIZE);
  const reach = radius + 1;
  for (let i = 0; i < line.length; i++) {
    const [a, b] = [line[Math.max(0, i - 1)], line[i]];
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    const square = dx * dx + dy * dy || 1;
    const [left, right] = span(a.x, b.x, reach);
    const [top, bottom] = span(a.y, b.y, reach);
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const at = y * SIZE + x;
        if (share[at] === 1) continue;
        const px = x + 0.5 - a.x;
        const py = y + 0.5 - a.y;
        const along = Math.min(1, Math.max(0, (px * dx + py * dy) / square));
        const nx = px - along * dx;
        const ny = py - along * dy;
        const distance = Math.sqrt(nx * nx + ny * ny);
        if (distance >= reach) continue;
        const covered = distance < radius - 1 ? 1 : inside(radius - distance, nx / (distance || 1), ny / (distance || 1));
        if (covered > share[at]) share[at] = covered;
      }
    }
  }
  return share;
}

/** The pixels that a pen touches between two places. @param {number} a @param {number} b @param {number} reach */
function span(a, b, reach) {
  return [Math.max(0, Math.floor(Math.min(a, b) - reach)), Math.min(SIZE - 1, Math.ceil(Math.max(a, b) + reach))];
}

/**
 * The share of a pixel that lies on one side of a straight edge.
 * @param {number} depth of the pixel's center behind the edge, in px; negative outside
 * @param {number} nx the edge's normal, of length 1 @param {number} ny
 */
function inside(depth, nx, ny) {
  const long = Math.max(Math.abs(nx), Math.abs(ny));
  const short = Math.min(Math.abs(nx), Math.abs(ny));
  if (depth >= (long + short) / 2) return 1;
  if (depth <= -(long + short) / 2) return 0;
  if (Math.abs(depth) <= (long - short) / 2) return 0.5 + depth / (long || 1);
  const corner = (long + short) / 2 - Math.abs(depth);
  const cut = (corner * corner) / (2 * long * short); // the triangle beyond the edge
  return depth > 0 ? 1 - cut : cut;
}
