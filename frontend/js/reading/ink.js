import { changed, countAbove, largest, map, median, round } from "./image.js";

/**
 * Extracts the ink of flat pictures: one color of paper, as a canvas or a scan has. As backend/reading/ink.py, which
 * reads photographs too.
 *
 * @import {Gray} from "./image.js"
 * @typedef {"blank" | "photograph"} NoInk photograph: only the server can read it
 */

const FAINTEST = 4; // gray levels; a drawing whose ink differs less from the paper is blank
const FAINT = 24; // gray levels; ink that differs less may be noise, unless nearly all paper has the same color
const MOST_NOISE = 0.3; // fraction of the pixels of a flat image that may differ by less than FLAT_TOLERANCE
const MOST_FAINT_NOISE = 0.03; // the same with faint ink
const FLAT_TOLERANCE = 3; // gray levels by which a pixel may differ from the paper color and still be flat paper
const FLAT_SHARE = 0.25; // least fraction of flat paper in a flat image
const HAZE = 0.25; // fraction of the strongest ink; fainter non-paper is antialiasing or haze
const MOST_HAZE = 0.1; // most of the image, as a fraction, that antialiasing covers
const SMALL = 100; // px; a smaller image is flat

/**
 * @param {Gray} gray
 * @returns {Gray | NoInk} ink from 0, paper, to 255
 */
export function findInk(gray) {
  const paper = Math.floor(median(border([gray.data], gray.width, gray.height)[0]));
  return fromDifference(map(gray, (value) => Math.abs(value - paper)));
}

/**
 * The same for a picture in color.
 * @param {{data: Uint8ClampedArray | Uint8Array, width: number, height: number}} pixels RGBA, as ImageData
 * @returns {Gray | NoInk}
 */
export function findInkInColor({ data, width, height }) {
  const size = width * height;
  const gray = opaqueGray(data, size);
  if (gray) return findInk({ data: gray, width, height });
  const channels = [0, 1, 2, 3].map((channel) => {
    const plane = new Uint8Array(size);
    for (let i = 0; i < size; i++) plane[i] = data[4 * i + channel];
    return plane;
  });
  const [red, green, blue, alpha] = channels;
  if (countAbove(alpha, 254) < size) {
    const blended = onPaper(red, green, blue, alpha);
    return blended ? findInk({ data: blended, width, height }) : "blank";
  }
  const difference = new Uint8Array(size);
  const planes = [red, green, blue];
  for (const [i, values] of border(planes, width, height).entries()) {
    const paper = median(values);
    const levels = changed(planes[i], (value) => round(Math.abs(value - paper)));
    for (let k = 0; k < size; k++) if (levels[k] > difference[k]) difference[k] = levels[k];
  }
  return fromDifference({ data: difference, width, height });
}

/**
 * @param {Uint8ClampedArray | Uint8Array} data RGBA @param {number} size in px
 * @returns {Uint8Array | null} null if a pixel is colored or not opaque
 */
function opaqueGray(data, size) {
  const gray = new Uint8Array(size);
  for (let i = 0, at = 0; i < size; i++, at += 4) {
    const level = data[at];
    if (level !== data[at + 1] || level !== data[at + 2] || data[at + 3] !== 255) return null;
    gray[i] = level;
  }
  return gray;
}

/** @param {Gray} difference from the paper @returns {Gray | NoInk} */
function fromDifference(difference) {
  const peak = largest(difference.data);
  if (peak < FAINTEST) return "blank";
  if (!isFlat(difference, peak)) return "photograph";
  const scale = Math.fround(255 / peak);
  return peak >= 250 ? difference : map(difference, (value) => Math.min(255, round(Math.fround(value * scale))));
}

/** Whether all paper has the same color. @param {Gray} difference @param {number} peak */
function isFlat({ data, width, height }, peak) {
  if (Math.max(width, height) < SMALL) return true;
  const inked = countAbove(data, FLAT_TOLERANCE);
  const noise = countAbove(data, 0) - inked;
  if (noise > (peak >= FAINT ? MOST_NOISE : MOST_FAINT_NOISE) * data.length) return false;
  if (inked <= MOST_HAZE * data.length) return true;
  const strong = countAbove(data, Math.floor(HAZE * peak));
  return data.length - inked >= FLAT_SHARE * data.length && inked - strong <= Math.max(MOST_HAZE * data.length, strong / 2);
}

/**
 * Blend transparent pixels with white or black paper, whichever gives more contrast.
 * @param {Uint8Array} red @param {Uint8Array} green @param {Uint8Array} blue @param {Uint8Array} alpha
 * @returns {Uint8Array | null} null if all is transparent
 */
function onPaper(red, green, blue, alpha) {
  let [weight, sum] = [0, 0];
  const over = alpha.map((opacity, i) => {
    const gray = (red[i] * 9798 + green[i] * 19235 + blue[i] * 3735 + 16384) >> 15;
    const value = round(Math.fround((gray * opacity) / 255));
    weight += opacity;
    sum += value;
    return value;
  });
  if (weight === 0) return null;
  return sum * 255 < 128 * weight ? over.map((value, i) => Math.min(255, value + 255 - alpha[i])) : over;
}

/**
 * The pixels of the border, corners twice.
 * @param {Uint8Array[]} planes @param {number} width @param {number} height @returns {number[][]}
 */
function border(planes, width, height) {
  return planes.map((plane) => {
    const values = [...plane.subarray(0, width), ...plane.subarray(plane.length - width)];
    for (let y = 0; y < height; y++) values.push(plane[y * width], plane[(y + 1) * width - 1]);
    return values;
  });
}
