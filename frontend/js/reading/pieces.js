import { components as label } from "./components.js";
import { blank, crop as cropImage, round } from "./image.js";
import { boundingBox, FAINT } from "./normalize.js";

/**
 * Divides ink into the pieces of which the digits of a number consist: strokes, and connected components. As
 * backend/reading/pieces.py; cuts.js divides a component between thin places.
 *
 * @import {Gray} from "./image.js"
 * @typedef {{points: readonly {x: number, y: number}[], width: number}} Pen a stroke in px of the ink
 */

const SMALLEST = 0.003; // fraction of all ink; a smaller component is a speck
const UNCOVERED = 0.05; // of the ink: if strokes leave more than this uncovered, they belong to another image

/** Some of the ink of an image: a crop of the image without all other ink. */
export class Ink {
  /** @param {Gray} image @param {number} left px of the whole image @param {number} top */
  constructor(image, left, top) {
    this.image = image;
    this.left = left;
    this.top = top;
  }

  get width() {
    return this.image.width;
  }

  get height() {
    return this.image.height;
  }

  get right() {
    return this.left + this.width;
  }

  get bottom() {
    return this.top + this.height;
  }
}

/** Several pieces as one. @param {readonly Ink[]} pieces @returns {Ink} */
export function merge(pieces) {
  if (pieces.length === 1) return pieces[0];
  const [left, top] = [Math.min(...pieces.map((piece) => piece.left)), Math.min(...pieces.map((piece) => piece.top))];
  const [right, bottom] = [Math.max(...pieces.map((piece) => piece.right)), Math.max(...pieces.map((piece) => piece.bottom))];
  const image = blank(right - left, bottom - top);
  for (const piece of pieces) {
    for (let y = 0; y < piece.height; y++) {
      const [from, to] = [y * piece.width, (y + piece.top - top) * image.width + piece.left - left];
      for (let x = 0; x < piece.width; x++) {
        const value = piece.image.data[from + x];
        if (value > image.data[to + x]) image.data[to + x] = value;
      }
    }
  }
  return new Ink(image, left, top);
}

/** The connected components, sorted by the middle of their bounding boxes. Specks are left out. @param {Gray} ink @returns {Ink[]} */
export function components(ink) {
  const { labels, areas } = label(ink, FAINT);
  const boxes = areas.map(() => ({ left: ink.width, right: 0, top: ink.height, bottom: 0 }));
  let at = 0;
  for (let y = 0; y < ink.height; y++) {
    for (let x = 0; x < ink.width; x++, at++) {
      if (labels[at] === 0) continue;
      const box = boxes[labels[at]];
      if (x < box.left) box.left = x;
      if (x >= box.right) box.right = x + 1;
      if (y < box.top) box.top = y;
      box.bottom = y + 1;
    }
  }
  const all = areas.reduce((sum, area) => sum + area, 0);
  const large = [...areas.keys()].filter((k) => k > 0 && areas[k] >= SMALLEST * all);
  const found = large.map((k) => {
    const { left, top, right, bottom } = boxes[k];
    const image = cropImage(ink, left, top, right - left, bottom - top);
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        if (labels[y * ink.width + x] !== k) image.data[(y - top) * image.width + x - left] = 0;
      }
    }
    return new Ink(image, left, top);
  });
  return found.sort((a, b) => a.left + a.right - b.left - b.right);
}

/** Crop to the bounding box of the ink; its size is 0 if there is none. @param {Ink} piece @returns {Ink} */
export function crop({ image, left, top }) {
  const box = boundingBox(image);
  return new Ink(cropImage(image, box.left, box.top, box.width, box.height), left + box.left, top + box.top);
}

/**
 * The ink of each stroke, in the order of drawing. Ink where strokes cross belongs to each of them.
 * @param {Gray} ink @param {readonly Pen[]} pens
 * @returns {Ink[]} empty if the strokes do not cover the ink: then they belong to another drawing
 */
export function strokesOf(ink, pens) {
  const missed = ink.data.slice();
  /** @type {Ink[]} */
  const pieces = [];
  for (const { points, width } of pens) {
    const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
    const reach = width / 2 + 2;
    const left = Math.max(0, Math.floor(Math.min(...xs) - reach));
    const top = Math.max(0, Math.floor(Math.min(...ys) - reach));
    const right = Math.min(ink.width, Math.ceil(Math.max(...xs) + reach) + 1);
    const bottom = Math.min(ink.height, Math.ceil(Math.max(...ys) + reach) + 1);
    if (right <= left || bottom <= top) continue;
    const image = blank(right - left, bottom - top);
    /** @param {number} x @param {number} y of a pixel that the stroke covers */
    const cover = (x, y) => {
      const at = y * ink.width + x;
      image.data[(y - top) * image.width + x - left] = ink.data[at];
      missed[at] = 0;
    };
    for (let i = 0; i < points.length; i++) {
      alongLine(points[Math.max(0, i - 1)], points[i], width, { left, top, right, bottom }, cover);
    }
    const piece = crop(new Ink(image, left, top));
    if (piece.width > 0) pieces.push(piece);
  }
  return sum(missed) <= UNCOVERED * sum(ink.data) ? pieces : [];
}

/**
 * Visit the pixels of a line with round ends, about as thick as OpenCV draws it for the server.
 * @param {{x: number, y: number}} a @param {{x: number, y: number}} b @param {number} pen width in px
 * @param {{left: number, top: number, right: number, bottom: number}} within
 * @param {(x: number, y: number) => void} visit
 */
function alongLine(a, b, pen, within, visit) {
  const reach = (round(pen + 2) + 1) / 2; // two px for antialiasing, and one that OpenCV adds
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const square = dx * dx + dy * dy || 1;
  const bottom = Math.min(within.bottom - 1, Math.max(a.y, b.y) + reach);
  const right = Math.min(within.right - 1, Math.max(a.x, b.x) + reach);
  for (let y = Math.max(within.top, Math.ceil(Math.min(a.y, b.y) - reach)); y <= bottom; y++) {
    for (let x = Math.max(within.left, Math.ceil(Math.min(a.x, b.x) - reach)); x <= right; x++) {
      const along = Math.min(1, Math.max(0, ((x - a.x) * dx + (y - a.y) * dy) / square));
      const [nx, ny] = [x - a.x - along * dx, y - a.y - along * dy];
      if (nx * nx + ny * ny <= reach * reach) visit(x, y);
    }
  }
}

/** @param {Uint8Array} data */
function sum(data) {
  let all = 0;
  for (let i = 0; i < data.length; i++) all += data[i];
  return all;
}
