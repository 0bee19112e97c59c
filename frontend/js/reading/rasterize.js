import { blank } from "./image.js";

/**
 * Draws strokes as the page's canvas does, in code of our own: some browsers add noise to what is read from a canvas.
 *
 * @import {Gray} from "./image.js"
 * @typedef {{x: number, y: number}} Point
 * @typedef {{points: readonly Point[], width: number}} Stroke in px of the canvas
 */

const SIZE = 280; // px, the height of the canvas, and its width unless the paper is wide
const PIECE = 2; // px, about the length of the straight pieces of a curve
const THINNER = 0.02; // px by which Chromium's edges lie inside their true place, on the average

/**
 * @param {readonly Stroke[]} strokes
 * @param {number} [width] of the paper in px
 * @returns {Gray} 280 px high, black strokes with round caps and joins on white paper
 */
export function rasterize(strokes, width = SIZE) {
  const paper = blank(width, SIZE);
  paper.data.fill(255);
  for (const stroke of strokes) {
    const { share, left, top, right, bottom } = cover(flatten(stroke.points), stroke.width / 2 - THINNER, width);
    for (let y = top, i = 0; y < bottom; y++) {
      for (let at = y * width + left; at < y * width + right; at++, i++) {
        if (share[i] > 0) paper.data[at] = Math.round(paper.data[at] * (1 - share[i]));
      }
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
 * The share of each pixel that a round pen covers, in the part of the paper that it touches.
 * @param {Point[]} line @param {number} radius @param {number} width of the paper
 */
function cover(line, radius, width) {
  const reach = radius + 1;
  const [xs, ys] = [line.map(({ x }) => x), line.map(({ y }) => y)];
  const [left, right] = span(Math.min(...xs), Math.max(...xs), reach, width);
  const [top, bottom] = span(Math.min(...ys), Math.max(...ys), reach, SIZE);
  const row = Math.max(0, right - left);
  const share = new Float32Array(row * Math.max(0, bottom - top)); // 0 to 1
  for (let i = 0; i < line.length; i++) {
    const [a, b] = [line[Math.max(0, i - 1)], line[i]];
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    const square = dx * dx + dy * dy || 1;
    const [from, to] = span(a.x, b.x, reach, width);
    const [above, below] = span(a.y, b.y, reach, SIZE);
    for (let y = above; y < below; y++) {
      for (let x = from; x < to; x++) {
        const at = (y - top) * row + x - left;
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
  return { share, left, top, right, bottom };
}

/**
 * The pixels that a pen touches between two places, from the first to the one after the last.
 * @param {number} a @param {number} b @param {number} reach @param {number} size of the paper
 */
function span(a, b, reach, size) {
  return [Math.max(0, Math.floor(Math.min(a, b) - reach)), Math.min(size, Math.ceil(Math.max(a, b) + reach) + 1)];
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
