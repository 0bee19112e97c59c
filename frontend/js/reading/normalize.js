import { components } from "./components.js";
import { distances } from "./distance.js";
import { blank, countAbove, crop, largest, map, median, pad, round } from "./image.js";
import { resize } from "./resize.js";

/**
 * Brings ink to MNIST's form: the digit in a 20x20 box, its stroke as wide as MNIST's, its center of mass in the middle.
 * As backend/reading/normalize.py, which gives the reasons.
 *
 * @import {Gray} from "./image.js"
 * @typedef {{left: number, top: number, width: number, height: number}} Box in px; may extend beyond the image
 * @typedef {{ink: Gray, box: Box}} Piece box: the part of the original ink that it shows
 */

const SIDE = 28; // px, the side of MNIST's images
const BOX = 20; // px, the longer side of the digit in it
const WORK = 120; // px, the longer side at which specks are removed and the stroke width is measured
const [THINNEST, THICKEST] = [1.5 / BOX, 3 / BOX]; // stroke width relative to the box
const SPECK = 0.04; // fraction of all ink; a smaller component is a speck
export const FAINT = 40; // of 255: stronger ink counts for the bounding box

/**
 * @param {Gray} ink some of it stronger than FAINT, as findInk's always is
 * @returns {Gray} 28x28
 */
export function normalize(ink) {
  return normalizePiece(ink).ink;
}

/** The same, with the box that the 28x28 image covers, in px of `ink`. @param {Gray} ink @returns {Piece} */
export function normalizePiece(ink) {
  return toMnistForm(cutOut(ink));
}

/** Bring what `cutOut` returned to MNIST's form. @param {Piece} digit @returns {Piece} */
export function toMnistForm(digit) {
  return center(fit(setStrokeWidth(digit), BOX));
}

/** Cut the digit out of ink: without specks, and its longer side is WORK px. @param {Gray} ink @returns {Piece} */
export function cutOut(ink) {
  const cropped = toInk({ ink, box: { left: 0, top: 0, width: ink.width, height: ink.height } });
  let work = fit(cropped, WORK);
  if (isLost(work.ink)) work = fit(setStrokeWidth(cropped), WORK);
  let clean = withoutSpecks(work);
  if (clean !== work) clean = withoutSpecks(fit(toInk(cut(ink, clean.box)), WORK));
  return clean;
}

/**
 * The box of a rectangle of a piece's ink, in px of the original.
 * @param {Piece} piece @param {number} x @param {number} y @param {number} width @param {number} height
 * @returns {Box}
 */
function part({ ink, box }, x, y, width, height) {
  const [scaleX, scaleY] = [box.width / ink.width, box.height / ink.height];
  return { left: box.left + x * scaleX, top: box.top + y * scaleY, width: width * scaleX, height: height * scaleY };
}

/** The part of the ink within a box, rounded outward to whole px. @param {Gray} ink @param {Box} box @returns {Piece} */
function cut(ink, box) {
  const [left, top] = [Math.max(0, Math.floor(box.left)), Math.max(0, Math.floor(box.top))];
  const width = Math.min(ink.width, Math.ceil(box.left + box.width)) - left;
  const height = Math.min(ink.height, Math.ceil(box.top + box.height)) - top;
  return { ink: crop(ink, left, top, width, height), box: { left, top, width, height } };
}

/** Crop to the bounding box of the ink. @param {Piece} piece @returns {Piece} */
function toInk(piece) {
  const { left, top, width, height } = boundingBox(piece.ink);
  return { ink: crop(piece.ink, left, top, width, height), box: part(piece, left, top, width, height) };
}

/** @param {Box} box in px @param {{width: number, height: number}} whole @returns {Box} in fractions of the whole */
export function fractionsOf({ left, top, width, height }, whole) {
  return { left: left / whole.width, top: top / whole.height, width: width / whole.width, height: height / whole.height };
}

/** @param {Gray} ink @returns {Box} of what is stronger than FAINT; its size is 0 if nothing is */
export function boundingBox({ data, width, height }) {
  let [left, right, top, bottom] = [width, 0, height, 0];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      if (data[at] <= FAINT) continue;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
      if (y < top) top = y;
      bottom = y + 1;
    }
  }
  return right === 0 ? { left: 0, top: 0, width: 0, height: 0 } : { left, top, width: right - left, height: bottom - top };
}

/** Resample so that the longer side is `longer` px. @param {Piece} piece @param {number} longer @returns {Piece} */
function fit({ ink, box }, longer) {
  const scale = longer / Math.max(ink.width, ink.height);
  const [width, height] = [ink.width, ink.height].map((side) => Math.max(1, round(side * scale)));
  return { ink: resize(ink, width, height, scale < 1), box };
}

/** Whether more than half of the ink is faint, because the stroke is thinner than a pixel. @param {Gray} ink */
function isLost({ data }) {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i];
  return 2 * 255 * countAbove(data, 127) < sum;
}

/** 255 where the ink is stronger than half of the maximum, else 0. @param {Gray} ink */
function strong(ink) {
  const level = largest(ink.data) >> 1;
  return map(ink, (value) => (value > level ? 255 : 0));
}

/** Remove specks and fit the rest to WORK again. @param {Piece} piece @returns {Piece} the same if there are none */
function withoutSpecks(piece) {
  const { ink, box } = piece;
  const { labels, areas } = components(ink, FAINT);
  if (areas.length === 2) return piece;
  const all = areas.reduce((sum, area) => sum + area, 0);
  const isSpeck = areas.map((area) => area < SPECK * all);
  isSpeck[0] = false;
  const specks = areas.reduce((sum, area, label) => sum + (isSpeck[label] ? area : 0), 0);
  if (!(specks > 0 && specks < all / 2)) return piece;
  const { width, height } = ink;
  const kept = blank(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const label = labels[at];
      const remove = label > 0 ? isSpeck[label] : nextTo(x, y);
      if (!remove) kept.data[at] = ink.data[at];
    }
  }
  return fit(toInk({ ink: kept, box }), WORK);

  /** @param {number} x @param {number} y */
  function nextTo(x, y) {
    for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
      for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
        if (isSpeck[labels[v * width + u]]) return true;
      }
    }
    return false;
  }
}

/** Width of the stroke in px: twice the median distance from its center line to its edge. @param {Gray} ink */
export function strokeWidth(ink) {
  const inside = strong(pad(ink, 1));
  const { width, height } = inside;
  const distance = distances(inside);
  const centerLine = [];
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      const here = distance[at];
      if (here > 0 && isLocalMaximum(distance, at, width, here)) centerLine.push(here);
    }
  }
  return centerLine.length ? 2 * Math.fround(median(centerLine)) - 1 : 1;
}

/** @param {Float32Array} distance @param {number} at @param {number} width @param {number} here */
function isLocalMaximum(distance, at, width, here) {
  for (let row = at - width; row <= at + width; row += width) {
    if (distance[row - 1] > here || distance[row] > here || distance[row + 1] > here) return false;
  }
  return true;
}

/** Thicken or thin the stroke so that its width is within MNIST's range. @param {Piece} piece @returns {Piece} */
function setStrokeWidth(piece) {
  const { ink } = piece;
  const longer = Math.max(ink.width, ink.height);
  const width = strokeWidth(ink);
  const target = Math.min(Math.max(width / longer, THINNEST), THICKEST);
  // Growing every edge by g gives (width + 2g) / (longer + 2g) = target.
  let grow = (target * longer - width) / (2 * (1 - target));
  grow = Math.max(grow, -0.35 * width); // never thin by more than 70 %
  if (Math.abs(grow) < 0.25) return piece;
  const margin = Math.ceil(Math.max(grow, 0)) + 1;
  const inside = strong(pad(ink, margin));
  const changed = blank(inside.width, inside.height);
  const distance = distances(grow > 0 ? map(inside, (value) => 255 - value) : inside);
  const [sign, offset] = grow > 0 ? [-1, Math.fround(grow + 1)] : [1, Math.fround(grow)];
  for (let i = 0; i < distance.length; i++) {
    const level = Math.fround(sign * distance[i] + offset);
    changed.data[i] = level >= 1 ? 255 : level <= 0 ? 0 : Math.fround(level * 255);
  }
  return toInk({ ink: changed, box: part(piece, -margin, -margin, inside.width, inside.height) });
}

/** Paste into 28x28, shifted by whole px so that the center of mass is in the middle. @param {Piece} piece @returns {Piece} */
function center(piece) {
  const { data, width, height } = piece.ink;
  let [mass, momentX, momentY] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = data[y * width + x];
      mass += value;
      momentX += x * value;
      momentY += y * value;
    }
  }
  /** @param {number} moment @param {number} side */
  const shift = (moment, side) => Math.min(Math.max(Math.trunc(SIDE / 2 + 0.5 - moment / (mass || 1)), 0), SIDE - side);
  const [left, top] = [shift(momentX, width), shift(momentY, height)];
  const out = blank(SIDE, SIDE);
  for (let y = 0; y < height; y++) out.data.set(data.subarray(y * width, (y + 1) * width), (top + y) * SIDE + left);
  return { ink: out, box: part(piece, -left, -top, SIDE, SIDE) };
}
