import { findInk, findInkInColor } from "./ink.js";
import { boundingBox, cutOut, fractionsOf, toMnistForm } from "./normalize.js";
import { mayBeNumber, readNumber } from "./numbers.js";
import { rasterize } from "./rasterize.js";
import { judge } from "./verdict.js";

/**
 * The path of a drawing in this browser: ink, 28x28, probabilities, and the digits of a number. As on the server, in
 * backend/web/routes/predict.py.
 *
 * @import {Gray} from "./image.js"
 * @import {Box} from "./normalize.js"
 * @import {Network} from "./network.js"
 * @import {ReadNumber} from "./numbers.js"
 * @import {Pen} from "./pieces.js"
 * @import {Stroke} from "./rasterize.js"
 * @import {Reading} from "./verdict.js"
 * @typedef {{data: Uint8ClampedArray | Uint8Array, width: number, height: number}} Pixels RGBA, as ImageData
 * @typedef {{strokes: readonly Stroke[], paperWidth?: number} | {pixels: Pixels, strokes?: readonly Stroke[]}} Input
 *   paperWidth: in px, 280 if omitted; strokes: with pixels, those that were drawn over a picture
 * @typedef {{kind: "reading", reading: Reading, number: ReadNumber | null, cuttable: boolean, box: Box, seen: Uint8Array,
 *   probabilities: Float64Array, engine: "wasm" | "javascript", version: string} | {kind: "blank"} | {kind: "photograph"}} Result
 *   reading: as a single digit; cuttable: whether cutting, which was not done, may find another number; box: of what was
 *   read, in fractions of the ink; seen: the 28x28 image; probabilities: the network's eleven; version: SHA-256 of the
 *   network's weights
 */

/**
 * @param {Input} input @param {Network} network
 * @param {boolean} cutting whether to cut touching digits, which takes many times as long as reading one digit
 * @returns {Generator<void, Result>} pauses often
 */
export function* read(input, network, cutting) {
  const ink = inkOf(input);
  if (typeof ink === "string") return { kind: ink };
  const cut = cutOut(ink);
  const seen = toMnistForm(cut).ink.data;
  const probabilities = network.run(seen);
  const reading = judge(probabilities, network.model);
  const looking = mayBeNumber(ink, reading);
  const found = looking ? yield* readNumber(network, ink, reading, pensOf(input, ink), cutting) : { number: null, cuttable: false };
  const box = fractionsOf(found.number ? boundingBox(ink) : cut.box, ink);
  return { kind: "reading", reading, ...found, box, seen, probabilities, engine: network.kind, version: network.model.weights_sha256 };
}

/** @param {Input} input @returns {Gray | "blank" | "photograph"} */
export function inkOf(input) {
  return "pixels" in input ? findInkInColor(input.pixels) : findInk(rasterize(input.strokes, input.paperWidth));
}

/** The strokes as the server gets them. @param {Input} input @param {Gray} ink @returns {Pen[]} */
function pensOf({ strokes = [] }, { width, height }) {
  /** @param {number} value @param {number} most */
  const onPaper = (value, most) => Math.round(10 * Math.min(most, Math.max(0, value))) / 10;
  return strokes.map((stroke) => ({
    points: stroke.points.map(({ x, y }) => ({ x: onPaper(x, width), y: onPaper(y, height) })),
    width: stroke.width,
  }));
}
