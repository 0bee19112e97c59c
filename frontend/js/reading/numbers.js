import { cut, Piece } from "./cuts.js";
import { median } from "./image.js";
import { best, cheapestPath } from "./lattice.js";
import { boundingBox, fractionsOf, normalizePiece } from "./normalize.js";
import { components, strokesOf } from "./pieces.js";
import { shrink } from "./resize.js";
import { judge } from "./verdict.js";

/**
 * Reads several digits as a number, from left to right. As backend/reading/numbers.py, which gives the reasons.
 *
 * @import {Gray} from "./image.js"
 * @import {Part, Path} from "./lattice.js"
 * @import {Network} from "./network.js"
 * @import {Ink, Pen} from "./pieces.js"
 * @import {Reading} from "./verdict.js"
 * @import {Normalized} from "./worker.js"
 * @typedef {Omit<Reading, "runnerUp"> & {box: [number, number, number, number], input: Normalized}} Digit box: left, top,
 *   width and height in fractions of the ink; input: what the network saw
 * @typedef {{result: string, confidence: number, verdict: "number" | "unsure", digits: Digit[]}} ReadNumber result: such as
 *   "2026", "-3" or "1.5"; digits: from left to right
 */

const WIDE = 1.2; // times its height: wider ink is looked at even if it is read as a single digit
const [SURE, SURE_OF_CUTS] = [0.8, 0.95]; // least confidence of the verdict `number`: of whole pieces, and where one may be cut
const PLAUSIBLE = 0.4; // least confidence of a number at all
const AGAINST_DIGIT = 0.95; // the same if the drawing as a whole may be a single digit
const MOST_PIECES = 40; // with more, the drawing is no number
const MOST_COMPONENTS = 12; // with more, they are not cut
const NUMBER = /^-?[0-9]+([.,][0-9]+)*$/;
const LONGEST = 1200; // px, the longer side to which larger images are scaled

// Lengths here are relative to the tallest piece.
const CUT_WIDTH = 0.35; // width from which a component is cut
const MOST_ASPECT = 10; // width divided by height up to which it is cut
const TALL = 0.5; // least height of a digit that places marks
const MARK = 0.4; // largest height of a comma; decimal points and minuses are lower
const FLAT = 0.3; // largest height of a decimal point or minus, and largest width of a decimal point or comma
const OFF_LINE = 0.4; // distance of a digit's middle from the others'

/** Whether to look for a number: the ink is wide, or is read as no single digit with certainty. @param {Gray} ink @param {Reading} single what the drawing is read as, as a whole */
export function mayBeNumber(ink, single) {
  const { width, height } = boundingBox(ink);
  return single.verdict !== "digit" || width > WIDE * height;
}

/**
 * Read ink as a number. The generator pauses often, because many pieces, or cuts, take long.
 * @param {Network} network
 * @param {Gray} ink
 * @param {Reading} single what the drawing is read as, as a whole
 * @param {readonly Pen[]} strokes as they were drawn, in px of the ink; with them, digits may overlap
 * @param {boolean} cutting whether to cut touching digits
 * @returns {Generator<void, {number: ReadNumber | null, cuttable: boolean}>} number: null if it is none; cuttable: whether
 *   cutting, which was not done, may change that
 */
export function* readNumber(network, ink, single, strokes, cutting) {
  const small = shrink(ink, LONGEST);
  const pens = strokes.length <= MOST_PIECES ? scaled(strokes, small.height / ink.height) : [];
  const { found, cuttable } = yield* bestPath(network, small, pens, cutting);
  return { number: numberOf(found, network, small, single), cuttable };
}

/**
 * @typedef {{path: Path, text: string, sure: number}} Found sure: least confidence of the verdict `number`
 * @param {Found | null} found @param {Network} network @param {Gray} small @param {Reading} single
 * @returns {ReadNumber | null}
 */
function numberOf(found, network, small, single) {
  if (!found || found.text.length < 2 || !NUMBER.test(found.text)) return null;
  const { path, text, sure } = found;
  const confidence = confidenceOf(path);
  if (confidence < (single.verdict === "not_a_digit" ? PLAUSIBLE : AGAINST_DIGIT) || !inLine(path)) return null;
  const parts = [...path.parts].sort((a, b) => middle(a.ink) - middle(b.ink));
  const digits = parts.map((part) => digitOf(part, network, small));
  return { result: text, confidence, verdict: confidence >= sure ? "number" : "unsure", digits };
}

/** @param {Part} part @param {Network} network @param {Gray} whole @returns {Digit} */
function digitOf({ eleven, ink: { image, left, top } }, network, whole) {
  const { digit, confidence, probabilities, verdict } = judge(eleven, network.model);
  const { ink: seen, box } = normalizePiece(image);
  const place = fractionsOf({ ...box, left: left + box.left, top: top + box.top }, whole);
  const own = fractionsOf({ left, top, width: image.width, height: image.height }, whole);
  const input = { seen: seen.data, place };
  return { digit, confidence, probabilities, verdict, box: [own.left, own.top, own.width, own.height], input };
}

/** @param {readonly Pen[]} strokes @param {number} scale @returns {readonly Pen[]} */
function scaled(strokes, scale) {
  if (scale === 1) return strokes;
  return strokes.map(({ points, width }) => ({ points: points.map(({ x, y }) => ({ x: x * scale, y: y * scale })), width: width * scale }));
}

/**
 * The cheapest sequence of digits: of strokes, of components, or of parts of components, until one is sure.
 * @param {Network} network @param {Gray} ink @param {readonly Pen[]} strokes @param {boolean} cutting
 * @returns {Generator<void, {found: Found | null, cuttable: boolean}>}
 */
function* bestPath(network, ink, strokes, cutting) {
  /** @type {Found | null} */
  let found = null;
  for (const source of ["strokes", "components", "parts of components"]) {
    const all = source === "strokes" ? strokesOf(ink, strokes) : components(ink);
    const cut = source === "parts of components";
    if (all.length === 0 || all.length > (cut ? MOST_COMPONENTS : MOST_PIECES)) continue;
    if (cut && !cutting) return { found, cuttable: true };
    if (!cutting && all.length === 1) continue; // no number without cuts
    const { marks, pieces } = splitMarks(all);
    const tallest = Math.max(...pieces.map(({ height }) => height));
    const divided = pieces.map((piece) => (cut ? maybeCut(piece, tallest) : new Piece(piece)));
    const path = yield* cheapestPath((image) => network.run(image), divided);
    if (!path) continue;
    const text = textOf(path, marks);
    if (cut && /^1+$/.test(text)) continue; // joined straight lines are a V, an N or a zigzag
    if (!found || path.cost < found.path.cost) found = { path, text, sure: cut ? SURE_OF_CUTS : SURE };
    if (confidenceOf(path) >= SURE) break;
  }
  return { found, cuttable: false };
}

/** Cut a component that may hold several digits. @param {Ink} piece @param {number} tallest px, of the tallest one */
function maybeCut(piece, tallest) {
  const wide = CUT_WIDTH * tallest < piece.width && piece.width <= MOST_ASPECT * piece.height;
  return wide ? cut(piece) : new Piece(piece);
}

/** @param {Path} path @returns {number} the product of its digits' probabilities */
function confidenceOf({ parts }) {
  return parts.reduce((product, { eleven }) => product * eleven[best(eleven)], 1);
}

/**
 * Separate a leading minus, decimal points and commas from the pieces of digits, by their size and place.
 * @param {readonly Ink[]} all
 */
function splitMarks(all) {
  const tallest = Math.max(...all.map(({ height }) => height));
  const tall = all.filter(({ height }) => height > TALL * tallest);
  const base = median(tall.map(({ bottom }) => bottom));
  const leftmost = Math.min(...tall.map(({ left }) => left));
  /** @type {{sign: string, ink: Ink}[]} */
  const marks = [];
  /** @type {Ink[]} */
  const pieces = [];
  for (const ink of all) {
    const sign = ink.height <= MARK * tallest ? markOf(ink) : "";
    if (sign) marks.push({ sign, ink });
    else pieces.push(ink);
  }
  return { marks, pieces };

  /** @param {Ink} ink */
  function markOf(ink) {
    const height = (base - (ink.top + ink.bottom) / 2) / tallest; // of its middle
    const flat = ink.height <= FLAT * tallest;
    if (flat && ink.right <= leftmost + 1 && height > 0.2 && height < 0.8 && ink.width > 1.8 * ink.height) return "-";
    if (ink.width > FLAT * tallest || height >= 0.2 || covered(ink, tall)) return "";
    const comma = ink.height > 1.5 * ink.width && ink.bottom > base + ink.height / 4;
    return comma ? "," : flat ? "." : "";
  }
}

/** Whether half of the columns of a piece are also those of another. @param {Ink} piece @param {readonly Ink[]} others */
function covered(piece, others) {
  return others.some(({ left, right }) => 2 * (Math.min(piece.right, right) - Math.max(piece.left, left)) > piece.width);
}

/** @param {Ink} ink @returns {number} twice its middle */
function middle({ left, right }) {
  return left + right;
}

/** @param {Path} path @param {readonly {sign: string, ink: Ink}[]} marks */
function textOf({ parts }, marks) {
  const digits = parts.map(({ eleven, ink }) => ({ sign: String(best(eleven)), ink }));
  return [...digits, ...marks].sort((a, b) => middle(a.ink) - middle(b.ink)).map(({ sign }) => sign).join("");
}

/** Whether the middles of all digits are at about the same height. @param {Path} path */
function inLine({ parts }) {
  const middles = parts.map(({ ink }) => (ink.top + ink.bottom) / 2);
  const spread = Math.max(...middles) - Math.min(...middles);
  return spread <= 2 * OFF_LINE * Math.max(...parts.map(({ ink }) => ink.height));
}
