/**
 * The distance of each pixel to the nearest zero, as OpenCV's DIST_L2 with a 5x5 mask: steps of 1, 1.4 and 2.1969
 * (Borgefors, "Distance transformations in digital images", 1986), in single precision.
 *
 * @import {Gray} from "./image.js"
 */

const [STRAIGHT, DIAGONAL, KNIGHT] = [1, 1.4, 2.1969].map(Math.fround);
const EDGE = 2; // px beyond the image that the mask reaches

/** @param {Gray} image @returns {Float32Array} */
export function distances({ data, width, height }) {
  const row = width + 2 * EDGE;
  const far = new Float32Array(row * (height + 2 * EDGE)).fill(1e6);
  const all = [];
  for (const [dx, dy] of [[-1, -2], [1, -2], [-2, -1], [2, -1]]) all.push([dy * row + dx, KNIGHT]);
  for (const [dx, dy] of [[-1, -1], [1, -1]]) all.push([dy * row + dx, DIAGONAL]);
  for (const [dx, dy] of [[0, -1], [-1, 0]]) all.push([dy * row + dx, STRAIGHT]);
  const offsets = Int32Array.from(all, ([offset]) => offset);
  const steps = Float32Array.from(all, ([, step]) => step);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y + EDGE) * row + x + EDGE;
      far[at] = data[y * width + x] ? nearest(far, at, offsets, steps, 1e6) : 0;
    }
  }
  const back = offsets.map((offset) => -offset);
  const result = new Float32Array(width * height);
  for (let y = height - 1; y >= 0; y--) {
    for (let x = width - 1; x >= 0; x--) {
      const at = (y + EDGE) * row + x + EDGE;
      if (far[at] > 0) far[at] = nearest(far, at, back, steps, far[at]);
      result[y * width + x] = far[at];
    }
  }
  return result;
}

/**
 * @param {Float32Array} far @param {number} at @param {Int32Array} offsets @param {Float32Array} steps
 * @param {number} best
 */
function nearest(far, at, offsets, steps, best) {
  for (let k = 0; k < 8; k++) {
    const distance = Math.fround(far[at + offsets[k]] + steps[k]);
    if (distance < best) best = distance;
  }
  return best;
}
