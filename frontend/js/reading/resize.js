import { blank, round } from "./image.js";

/** @import {Gray} from "./image.js" */

/**
 * Resample as OpenCV does: by INTER_AREA to a smaller image, by INTER_LINEAR to a larger one.
 * @param {Gray} image @param {number} width @param {number} height @param {boolean} smaller
 * @returns {Gray}
 */
export function resize(image, width, height, smaller) {
  if (width === image.width && height === image.height) return image;
  return smaller ? area(image, width, height) : linear(image, width, height);
}

/**
 * The same by INTER_AREA, whether smaller or larger.
 * @param {Gray} image @param {number} width @param {number} height
 * @returns {Gray}
 */
export function resizeByArea(image, width, height) {
  if (width === image.width && height === image.height) return image;
  if (image.width >= width && image.height >= height) return area(image, width, height);
  return between(image, sharedNeighbors(image.width, width), sharedNeighbors(image.height, height));
}

/** Downscale so that the longer side is `longer` px; a smaller image is returned as it is. @param {Gray} image @param {number} longer */
export function shrink(image, longer) {
  const scale = longer / Math.max(image.width, image.height);
  if (scale >= 1) return image;
  const [width, height] = [image.width, image.height].map((side) => Math.max(1, round(side * scale)));
  return area(image, width, height);
}

/** @param {Gray} image @param {number} width @param {number} height @returns {Gray} */
function area(image, width, height) {
  if (image.width % width === 0 && image.height % height === 0) return wholeBlocks(image, width, height);
  const [columns, rows] = [overlaps(image.width, width), overlaps(image.height, height)];
  const result = blank(width, height);
  const [sums, line] = [new Float32Array(width), new Float32Array(width)];
  let row = -1;
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let k = rows.first[y]; k < rows.first[y + 1]; k++) {
      if (rows.from[k] !== row) sumRow(image, (row = rows.from[k]), columns, line);
      const weight = rows.weight[k];
      for (let x = 0; x < width; x++) sums[x] += Math.fround(weight * line[x]);
    }
    for (let x = 0; x < width; x++) result.data[y * width + x] = round(sums[x]);
  }
  return result;
}

/** Each target pixel is the mean of a whole number of others. @param {Gray} image @param {number} width @param {number} height */
function wholeBlocks(image, width, height) {
  const [across, down] = [image.width / width, image.height / height];
  const scale = Math.fround(1 / (across * down));
  const result = blank(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let v = y * down; v < (y + 1) * down; v++) {
        for (let u = x * across; u < (x + 1) * across; u++) sum += image.data[v * image.width + u];
      }
      // OpenCV rounds halves up in blocks of 2x2, and to the even number in others.
      result.data[y * width + x] = across === 2 && down === 2 ? (sum + 2) >> 2 : round(Math.fround(sum * scale));
    }
  }
  return result;
}

/** @param {Gray} image @param {number} row @param {ReturnType<typeof overlaps>} columns @param {Float32Array} line */
function sumRow({ data, width }, row, { first, from, weight }, line) {
  const start = row * width;
  for (let x = 0; x < line.length; x++) {
    let sum = 0;
    for (let k = first[x]; k < first[x + 1]; k++) sum = Math.fround(sum + Math.fround(weight[k] * data[start + from[k]]));
    line[x] = sum;
  }
}

/**
 * Which source pixels a target pixel covers, and what share of it each of them has: those of target i are first[i] to
 * first[i + 1] - 1. Shares below a thousandth are left out, as OpenCV does.
 * @param {number} source @param {number} target
 */
function overlaps(source, target) {
  const scale = source / target;
  const [first, from, weight] = [/** @type {number[]} */ ([0]), /** @type {number[]} */ ([]), /** @type {number[]} */ ([])];
  for (let i = 0; i < target; i++) {
    const [start, end] = [i * scale, (i + 1) * scale];
    const cell = Math.min(scale, source - start);
    const last = Math.min(Math.floor(end), source - 1);
    const whole = Math.min(Math.ceil(start), last);
    /** @param {number} pixel @param {number} share */
    const add = (pixel, share) => {
      from.push(pixel);
      weight.push(Math.fround(share));
    };
    if (whole - start > 1e-3) add(whole - 1, (whole - start) / cell);
    for (let pixel = whole; pixel < last; pixel++) add(pixel, 1 / cell);
    if (end - last > 1e-3) add(last, Math.min(end - last, 1, cell) / cell);
    first.push(from.length);
  }
  return { first, from, weight };
}

/** @param {Gray} image @param {number} width @param {number} height @returns {Gray} */
function linear(image, width, height) {
  return between(image, neighbors(image.width, width), neighbors(image.height, height));
}

/**
 * Each target pixel from two columns and two rows. In integers, as OpenCV computes it: weights have eleven bits, and four
 * bits of a row's sums are dropped.
 * @typedef {{low: number, high: number, near: number, far: number}} Neighbors near, far: the weights of low and high
 * @param {Gray} image @param {Neighbors[]} columns @param {Neighbors[]} rows
 * @returns {Gray}
 */
function between(image, columns, rows) {
  const [width, height] = [columns.length, rows.length];
  const result = blank(width, height);
  const { data } = image;
  for (let y = 0; y < height; y++) {
    const { low: above, high: below, near, far } = rows[y];
    const [first, second] = [above * image.width, below * image.width];
    for (let x = 0; x < width; x++) {
      const { low, high, near: left, far: right } = columns[x];
      const top = (data[first + low] * left + data[first + high] * right) >> 4;
      const bottom = (data[second + low] * left + data[second + high] * right) >> 4;
      result.data[y * width + x] = (((near * top) >> 16) + ((far * bottom) >> 16) + 2) >> 2;
    }
  }
  return result;
}

/**
 * The two source pixels between whose centers that of a target pixel lies, and their weights, which sum to 2048. At the
 * edges both are the same pixel; their weights matter there too, since each product is rounded by itself.
 * @param {number} source @param {number} target
 */
function neighbors(source, target) {
  /** @param {number} place */
  const within = (place) => Math.min(Math.max(place, 0), source - 1);
  return Array.from({ length: target }, (_, i) => {
    const place = Math.fround(((i + 0.5) * source) / target - 0.5);
    const low = Math.floor(place);
    const part = Math.fround(place - low);
    return { low: within(low), high: within(low + 1), near: round((1 - part) * 2048), far: round(part * 2048) };
  });
}

/**
 * The one or two source pixels that a smaller target pixel covers, and the share of it that each has.
 * @param {number} source @param {number} target
 * @returns {Neighbors[]}
 */
function sharedNeighbors(source, target) {
  const [scale, inverse] = [1 / (target / source), target / source];
  return Array.from({ length: target }, (_, i) => {
    const low = Math.min(Math.floor(i * scale), source - 1);
    const over = Math.fround(i + 1 - (low + 1) * inverse);
    const part = over <= 0 || low === source - 1 ? 0 : Math.fround(over - Math.floor(over));
    return { low, high: Math.min(low + 1, source - 1), near: round((1 - part) * 2048), far: round(part * 2048) };
  });
}
