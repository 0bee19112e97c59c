/**
 * The distance of each pixel to the nearest zero, as OpenCV's DIST_L2 with a 5x5 mask: steps of 1, 1.4 and 2.1969
 * (Borgefors, "Distance transformations in digital images", 1986), in single precision.
 *
 * @import {Gray} from "./image.js"
 */

const [STRAIGHT, DIAGONAL, KNIGHT] = [1, Math.fround(1.4), Math.fround(2.1969)];
const EDGE = 2; // px beyond the image that the mask reaches
const FAR = 1e6; // px

/** @param {Gray} image @returns {Float32Array} */
export function distances({ data, width, height }) {
  const row = width + 2 * EDGE;
  const far = new Float32Array(row * (height + 2 * EDGE)).fill(FAR);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y + EDGE) * row + x + EDGE;
      far[at] = data[y * width + x] ? nearest(far, at, row, 1) : 0;
    }
  }
  const result = new Float32Array(width * height);
  for (let y = height - 1; y >= 0; y--) {
    for (let x = width - 1; x >= 0; x--) {
      const at = (y + EDGE) * row + x + EDGE;
      if (far[at] > 0) far[at] = Math.min(far[at], nearest(far, at, -row, -1));
      result[y * width + x] = far[at];
    }
  }
  return result;
}

/**
 * The shortest distance through the neighbors that were computed before.
 * @param {Float32Array} far @param {number} at @param {number} row @param {number} step to the next pixel, 1 or -1
 */
function nearest(far, at, row, step) {
  const knight = Math.min(far[at - 2 * row - 1], far[at - 2 * row + 1], far[at - row - 2], far[at - row + 2]);
  const diagonal = Math.min(far[at - row - 1], far[at - row + 1]);
  const straight = Math.min(far[at - row], far[at - step]);
  return Math.fround(Math.min(Math.fround(knight + KNIGHT), Math.fround(diagonal + DIAGONAL), straight + STRAIGHT));
}
