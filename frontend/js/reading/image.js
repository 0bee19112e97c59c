/**
 * Gray images, and what OpenCV does with them. Where results depend on it, sums are rounded as OpenCV rounds them.
 *
 * @typedef {{data: Uint8Array, width: number, height: number}} Gray rows from the top, 0 to 255
 */

/** @param {number} width @param {number} height @returns {Gray} all 0 */
export function blank(width, height) {
  return { data: new Uint8Array(width * height), width, height };
}

/** @param {Gray} image @param {number} x @param {number} y @param {number} width @param {number} height @returns {Gray} */
export function crop(image, x, y, width, height) {
  const part = blank(width, height);
  for (let row = 0; row < height; row++) {
    const start = (y + row) * image.width + x;
    part.data.set(image.data.subarray(start, start + width), row * width);
  }
  return part;
}

/** @param {Gray} image @param {number} margin @returns {Gray} with a border of zeros */
export function pad(image, margin) {
  const padded = blank(image.width + 2 * margin, image.height + 2 * margin);
  for (let y = 0; y < image.height; y++) {
    const row = image.data.subarray(y * image.width, (y + 1) * image.width);
    padded.data.set(row, (y + margin) * padded.width + margin);
  }
  return padded;
}

/** @param {Gray} image @param {(value: number) => number} change @returns {Gray} */
export function map(image, change) {
  return { ...image, data: changed(image.data, change) };
}

/** @param {Uint8Array} data @param {(value: number) => number} change @returns {Uint8Array} */
export function changed(data, change) {
  const table = new Uint8Array(256);
  for (let value = 0; value < 256; value++) table[value] = change(value);
  const result = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) result[i] = table[data[i]];
  return result;
}

/** @param {Uint8Array} data @param {number} level @returns {number} how many are larger */
export function countAbove(data, level) {
  let count = 0;
  for (let i = 0; i < data.length; i++) if (data[i] > level) count++;
  return count;
}

/** @param {Uint8Array} data @returns {number} */
export function largest(data) {
  let most = 0;
  for (let i = 0; i < data.length; i++) if (data[i] > most) most = data[i];
  return most;
}

/** @param {number[]} values @returns {number} NaN if there are none */
export function median(values) {
  const sorted = new Float64Array(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @param {number} value @returns {number} the nearest integer; a half goes to the even one */
export function round(value) {
  const low = Math.floor(value);
  const rest = value - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 !== 0) ? low + 1 : low;
}
