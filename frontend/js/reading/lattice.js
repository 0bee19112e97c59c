import { normalize } from "./normalize.js";
import { merge } from "./pieces.js";

/**
 * Finds the sequence of digits that uses all pieces of ink and costs least. As backend/reading/lattice.py, which gives the
 * reasons.
 *
 * @import {Piece} from "./cuts.js"
 * @import {Ink} from "./pieces.js"
 * @typedef {{eleven: Float64Array, ink: Ink}} Part a digit of a sequence; eleven: the network's probabilities
 * @typedef {{cost: number, parts: readonly Part[]}} Path
 * @typedef {{first: number, last: number, cutBefore: number, cutAfter: number}} Run ink that could be a digit: pieces, of
 *   which the first and the last may be cut
 * @typedef {{piece: number, part: number}} Boundary between pieces, or a cut in one
 */

// Costs of a run, in nats. Lengths here are relative to the tallest piece.
const JOIN = 0.4; // for each piece after the first
const CUT = 0.5; // for each cut
const HIGHEST = 6; // cost at which a sequence is given up
const [MOST_MADE, MOST_READ] = [600, 200]; // runs that are cut out and read; then the drawing is no number
const HEIGHT_SPREAD = 0.5; // standard deviation of the logarithm of a digit's height
const SHAPE_WEIGHT = 0.5;
// The logarithm of width / height of each digit, mean and standard deviation, of the writers trained on.
const SHAPES = [
  [-0.12, 0.27], [-0.9, 0.56], [-0.09, 0.25], [-0.34, 0.23], [-0.39, 0.32],
  [-0.14, 0.25], [-0.49, 0.23], [-0.27, 0.27], [-0.41, 0.25], [-0.44, 0.23],
];

const MOST_JOINED = 5; // pieces of a digit
const [WIDEST, LOWEST] = [1.5, 0.35]; // width and height of a digit
const [GAP, TALL] = [0.12, 0.5]; // largest gap within a digit between pieces that are both TALL
const CLOSEST = 0.25; // distance between the middles of two digits, in widths of the wider one

/**
 * Dijkstra's algorithm over the boundaries of the pieces: a run is queued with a lower bound of its cost, and is read only
 * when nothing cheaper is queued.
 * @param {(image: Uint8Array) => Float64Array} network
 * @param {readonly Piece[]} pieces
 * @returns {Generator<void, Path | null>} pauses before each run is cut out or read; null: no sequence is cheap enough
 */
export function* cheapestPath(network, pieces) {
  const tallest = Math.max(...pieces.map(({ ink }) => ink.height));
  const boundaries = pieces.flatMap(({ cuts }, piece) => Array.from({ length: cuts + 1 }, (_, part) => ({ piece, part })));
  boundaries.push({ piece: pieces.length, part: 0 });
  const waiting = new PriorityQueue();
  waiting.push({ cost: 0, end: 0, path: { cost: 0, parts: [] } });
  const reached = new Set();
  let [made, read] = [0, 0];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { cost, end, path, run, ink } = next;
    if (reached.has(end)) continue;
    if (run) {
      yield;
      if (++made > MOST_MADE) return null;
      const cutOut = inkOf(pieces, run);
      if (cutOut.width > WIDEST * tallest || cutOut.height < LOWEST * tallest) continue;
      if (!path.parts.every((part) => apart(cutOut, part.ink))) continue;
      const height = Math.log(cutOut.height / tallest) / HEIGHT_SPREAD;
      waiting.push({ cost: cost + height ** 2 / 2, end, path, ink: cutOut });
    } else if (ink) {
      yield;
      if (++read > MOST_READ) return null;
      const eleven = network(normalize(ink.image).data);
      const total = cost + costOf(eleven, ink);
      if (total < HIGHEST) waiting.push({ cost: total, end, path: { cost: total, parts: [...path.parts, { eleven, ink }] } });
    } else if (end === boundaries.length - 1) {
      return path;
    } else {
      reached.add(end);
      for (const { after, ...found } of runsFrom(pieces, boundaries, end, tallest)) {
        const least = cost + JOIN * (found.last - found.first) + CUT * Number(boundaries[after].part > 0);
        waiting.push({ cost: least, end: after, path, run: found });
      }
    }
  }
  return null;
}

/**
 * A priority queue: the cheapest entry first; of those that cost the same, the oldest.
 * @typedef {{cost: number, end: number, path: Path, run?: Run, ink?: Ink}} Entry
 */
class PriorityQueue {
  /** The cheapest one last. @type {Entry[]} */
  #entries = [];

  /** @param {Entry} entry */
  push(entry) {
    let [low, high] = [0, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#entries[middle].cost > entry.cost) low = middle + 1;
      else high = middle;
    }
    this.#entries.splice(low, 0, entry);
  }

  pop() {
    return this.#entries.pop();
  }
}

/**
 * The runs that begin at a boundary, each with the boundary where it ends.
 * @param {readonly Piece[]} pieces @param {readonly Boundary[]} boundaries @param {number} start @param {number} tallest
 * @returns {Generator<Run & {after: number}>}
 */
function* runsFrom(pieces, boundaries, start, tallest) {
  const { piece: first, part: cutBefore } = boundaries[start];
  for (let after = start + 1; after < boundaries.length; after++) {
    let { piece: last, part: cutAfter } = boundaries[after];
    if (cutAfter === 0) {
      last -= 1;
      cutAfter = pieces[last].cuts + 1;
    }
    if (last - first >= MOST_JOINED || !joinable(pieces.slice(first, last + 1), tallest)) break;
    yield { after, first, last, cutBefore, cutAfter };
  }
}

/** The ink of a run, cut out of its pieces. @param {readonly Piece[]} pieces @param {Run} run @returns {Ink} */
function inkOf(pieces, { first, last, cutBefore, cutAfter }) {
  if (first === last) return pieces[first].part(cutBefore, cutAfter);
  const begin = pieces[first].part(cutBefore, pieces[first].cuts + 1);
  return merge([begin, ...pieces.slice(first + 1, last).map(({ ink }) => ink), pieces[last].part(0, cutAfter)]);
}

/** Whether no wide gap is between two tall pieces. @param {readonly Piece[]} run @param {number} tallest */
function joinable(run, tallest) {
  return run.slice(1).every(({ ink: b }, i) => {
    const a = run[i].ink;
    const gap = Math.max(a.left, b.left) - Math.min(a.right, b.right);
    return gap <= GAP * tallest || Math.min(a.height, b.height) <= TALL * tallest;
  });
}

/** Whether two digits are beside each other, unlike the slash of a 0 or the two loops of an 8. @param {Ink} a @param {Ink} b */
function apart(a, b) {
  const distance = Math.abs(a.left + a.right - b.left - b.right) / 2;
  return distance >= CLOSEST * Math.max(a.width, b.width);
}

/** How improbable it is that this ink is a digit, in nats, by the network and its shape. @param {Float64Array} eleven @param {Ink} ink */
function costOf(eleven, ink) {
  const digit = best(eleven);
  const [mean, spread] = SHAPES[digit];
  const shape = Math.max(0, Math.abs(Math.log(ink.width / ink.height) - mean) / spread - 1);
  return -Math.log(Math.max(eleven[digit], 1e-9)) + (SHAPE_WEIGHT * shape ** 2) / 2;
}

/** @param {Float64Array} eleven @returns {number} the most probable digit */
export function best(eleven) {
  const ten = eleven.subarray(0, 10);
  return ten.indexOf(Math.max(...ten));
}
