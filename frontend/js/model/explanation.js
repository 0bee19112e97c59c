/**
 * An explanation, prepared for display. Independent of the DOM.
 *
 * @import {ModelReading} from "../network/explanation.js"
 * @typedef {{side: number, channels: number, sees: number}} LayerShape sees: px of the 28x28 that one value depends on
 * @typedef {{name: string, plain: ModelReading | undefined, mnist: ModelReading | undefined}} ModelComparison
 */
import { text } from "../texts.js";

/** @param {number} layer 0: the first @param {LayerShape} shape @returns {string} what it adds to the one before */
export function describeLayer(layer, { side, channels, sees }) {
  const known = /** @type {0 | 1 | 2 | 3 | 4 | 5 | 6} */ (layer);
  const task = text(layer <= 6 ? `explanation.task.${known}` : "explanation.task.more");
  return text("explanation.shape", { n: layer + 1, task, channels, side, pixels: Math.min(sees, 28) });
}

/** Weaker channels, relative to the strongest of their layer, are hidden: nobody would see anything in them. */
const SILENT = 0.02;

/**
 * @param {Float32Array} values of a layer, [channel][y][x]
 * @param {LayerShape} shape
 * @returns {number[]} the strongest value of each channel; 0 where the channel is silent
 */
export function strengths(values, { side, channels }) {
  const size = side * side;
  const strongest = Array.from({ length: channels }, (_, c) => Math.max(0, ...values.subarray(c * size, (c + 1) * size)));
  const all = Math.max(...strongest);
  return strongest.map((value) => (value <= SILENT * all ? 0 : value));
}

/** Black, orange, cream: brighter means stronger. */
const COLORS = [
  [12, 10, 8],
  [255, 140, 0],
  [255, 250, 235],
];

/**
 * Values as colors, each relative to `strongest`; weak ones are brightened, since screens show little of what is dark.
 * @param {ArrayLike<number>} values @param {number} strongest
 * @returns {Uint8ClampedArray<ArrayBuffer>} RGBA
 */
export function heat(values, strongest) {
  const pixels = new Uint8ClampedArray(4 * values.length);
  for (let i = 0; i < values.length; i++) {
    const level = (COLORS.length - 1) * Math.min(1, Math.max(0, values[i] / (strongest || 1))) ** 0.6;
    const low = Math.min(Math.floor(level), COLORS.length - 2);
    for (let k = 0; k < 3; k++) pixels[4 * i + k] = COLORS[low][k] + (level - low) * (COLORS[low + 1][k] - COLORS[low][k]);
    pixels[4 * i + 3] = 255;
  }
  return pixels;
}

const FOR = [230, 115, 0];
const AGAINST = [31, 111, 214];

/** @param {ArrayLike<number>} map signed @returns {Uint8ClampedArray<ArrayBuffer>} RGBA: the stronger, the more opaque */
export function tint(map) {
  const strongest = Math.max(...Array.from(map, Math.abs)) || 1;
  const pixels = new Uint8ClampedArray(4 * map.length);
  for (let i = 0; i < map.length; i++) {
    const [red, green, blue] = map[i] > 0 ? FOR : AGAINST;
    pixels.set([red, green, blue, (255 * Math.abs(map[i])) / strongest], 4 * i);
  }
  return pixels;
}

/**
 * The networks side by side, each with its readings of the plain and of the normalized drawing.
 * @param {ModelReading[]} models
 * @returns {ModelComparison[]}
 */
export function compareModels(models) {
  const names = [...new Set(models.map(({ name }) => name))];
  return names.map((name) => ({
    name,
    plain: models.find((model) => model.name === name && model.form === "plain"),
    mnist: models.find((model) => model.name === name && model.form === "mnist"),
  }));
}
