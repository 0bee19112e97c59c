import { clamp, SIZE } from "./geometry.js";

/**
 * The box around what is read in a picture. It stays on the paper, and is never too small to be grabbed.
 *
 * @import {Rectangle} from "./geometry.js"
 * @typedef {"nw" | "ne" | "sw" | "se"} Corner
 */

/** The shortest side of a box, and the distance of a found digit from its box, in canvas units. */
const [SHORTEST, MARGIN] = [24, 6];

/** A box around what was found. @param {Rectangle} found @returns {Rectangle} */
export function boxAround({ x, y, width, height }) {
  const [left, right] = sidesAround(x, x + width);
  const [top, bottom] = sidesAround(y, y + height);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** @param {number} start @param {number} end @returns {[number, number]} with a margin, on the paper and far enough apart */
function sidesAround(start, end) {
  const [low, high] = [clamp(start - MARGIN, SIZE), clamp(end + MARGIN, SIZE)];
  const missing = Math.max(0, SHORTEST - (high - low));
  const first = clamp(low - missing / 2, SIZE - SHORTEST);
  return [first, Math.max(high, first + SHORTEST)];
}

/** @param {Rectangle} box @param {number} dx @param {number} dy @returns {Rectangle} */
export function moveBox({ x, y, width, height }, dx, dy) {
  return { x: clamp(x + dx, SIZE - width), y: clamp(y + dy, SIZE - height), width, height };
}

/** Move a corner of a box; the opposite one stays. @param {Rectangle} box @param {Corner} corner @param {number} dx @param {number} dy @returns {Rectangle} */
export function resizeBox({ x, y, width, height }, corner, dx, dy) {
  const [left, right] = moveSide(x, x + width, corner.endsWith("w"), dx);
  const [top, bottom] = moveSide(y, y + height, corner.startsWith("n"), dy);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** @param {number} start @param {number} end @param {boolean} first whether the start moves @param {number} by @returns {[number, number]} */
function moveSide(start, end, first, by) {
  if (first) return [clamp(start + by, end - SHORTEST), end];
  return [start, Math.max(start + SHORTEST, clamp(end + by, SIZE))];
}
