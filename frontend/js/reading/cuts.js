import { blank, round } from "./image.js";
import { strokeWidth } from "./normalize.js";
import { crop, Ink } from "./pieces.js";
import { resizeByArea } from "./resize.js";

/**
 * Finds where touching digits may be divided: seams, as in seam carving, from the top to the bottom of a component that
 * cross little ink. As `cut` in backend/reading/pieces.py.
 *
 * @import {Gray} from "./image.js"
 * @typedef {{cost: number, columns: Int32Array}} Seam cost: in px of ink; columns: one for each row
 */

const HEIGHT = 48; // px, the height at which a component is searched for cuts
const ROWS = [0.3, 0.5, 0.7]; // fractions of the height: rows in which cuts are compared
const SIDEWAYS = Math.fround(0.1); // cost, in px of ink, of each px by which a cut moves sideways
const MOST_INK = 5; // stroke widths of ink that a cut may cross ...
const MOST_CROSSED = 0.7; // ... and fraction of its own length, or it cuts a blob
const MOST_CUTS = 28; // per component, times its width divided by its height
const LEAST_PART = 0.06; // of the component's ink: the least on each side of a cut
const LEAST_BETWEEN = 0.02; // of the component's ink: the least between two cuts
const SHARED = 0.25; // stroke widths by which a part's ink goes on beyond its cuts, since touching digits share ink

/** A stroke or a component, and where it may be cut. */
export class Piece {
  #small;
  #cuts;
  #shared;

  /**
   * @param {Ink} ink
   * @param {Gray | null} small the ink at a height of HEIGHT; null: it has no cuts
   * @param {Int32Array[]} cuts from left to right: for each row at that height, the last column left of the cut
   * @param {number} shared px at that height by which a part's ink goes on beyond its cuts
   */
  constructor(ink, small = null, cuts = [], shared = 0) {
    this.ink = ink;
    this.#small = small;
    this.#cuts = cuts;
    this.#shared = shared;
  }

  get cuts() {
    return this.#cuts.length;
  }

  /**
   * The ink between two cuts, which count from 1; 0 is the left end, and `cuts + 1` the right end.
   * @param {number} first @param {number} last
   * @returns {Ink}
   */
  part(first, last) {
    if (!this.#small || (first === 0 && last > this.cuts)) return this.ink;
    const { image, left, top } = this.ink;
    const { width } = this.#small;
    const mask = this.#mask(first, last, this.#small);
    const part = blank(image.width, image.height);
    const columns = Array.from({ length: image.width }, (_, x) => Math.min(width - 1, Math.floor(x * (width / image.width))));
    for (let y = 0, at = 0; y < image.height; y++) {
      const row = Math.min(HEIGHT - 1, Math.floor(y * (HEIGHT / image.height))) * width;
      for (let x = 0; x < image.width; x++, at++) if (mask[row + columns[x]]) part.data[at] = image.data[at];
    }
    return crop(new Ink(part, left, top));
  }

  /**
   * 1 between two cuts, and for ink that is connected to the ink there within `shared` px.
   * @param {number} first @param {number} last @param {Gray} small
   */
  #mask(first, last, small) {
    const { width } = small;
    const mask = new Uint8Array(width * HEIGHT);
    for (let y = 0; y < HEIGHT; y++) {
      const from = first > 0 ? this.#cuts[first - 1][y] + 1 : 0;
      const to = last <= this.cuts ? this.#cuts[last - 1][y] + 1 : width;
      if (from < to) mask.fill(1, y * width + from, y * width + to);
    }
    for (let step = 0; step < this.#shared; step++) grow(mask, small);
    return mask;
  }
}

/** Add the ink that touches the ink in a mask. @param {Uint8Array} mask @param {Gray} ink */
function grow(mask, { data, width, height }) {
  /** @param {number} x @param {number} y */
  const touches = (x, y) => {
    for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
      for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
        const at = row * width + column;
        if (mask[at] && data[at]) return true;
      }
    }
    return false;
  };
  const added = [];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) if (data[at] && !mask[at] && touches(x, y)) added.push(at);
  }
  for (const at of added) mask[at] = 1;
}

/** Find where a component of touching digits may be divided. @param {Ink} component @returns {Piece} */
export function cut(component) {
  const width = Math.max(3, round((component.width * HEIGHT) / component.height));
  const small = resizeByArea(component.image, width, HEIGHT);
  const pen = Math.max(strokeWidth(small), 1);
  const seams = ROWS.flatMap((row) => cheapestSeams(small, round(row * HEIGHT))).sort((a, b) => a.cost - b.cost);
  const before = inkBefore(small);
  const all = sumOfRows((y) => before[(y + 1) * (width + 1) - 1]);
  const mostInk = Math.min(MOST_INK * pen, MOST_CROSSED * HEIGHT);
  const most = round((MOST_CUTS * width) / HEIGHT);
  /** @param {Int32Array} columns @param {number} y @returns {number} the ink of a row left of a cut */
  const leftOf = (columns, y) => before[y * (width + 1) + columns[y] + 1];
  /** @type {{share: number, columns: Int32Array}[]} share: of the ink, left of the cut */
  const chosen = [];
  for (const { cost, columns } of seams) {
    if (cost > mostInk || chosen.length === most) break;
    const share = sumOfRows((y) => leftOf(columns, y)) / all;
    if (share < LEAST_PART || share > 1 - LEAST_PART) continue;
    const apart = chosen.every((other) => {
      if (Math.abs(share - other.share) >= LEAST_BETWEEN) return true;
      return sumOfRows((y) => Math.abs(leftOf(columns, y) - leftOf(other.columns, y))) / all >= LEAST_BETWEEN;
    });
    if (apart) chosen.push({ share, columns });
  }
  chosen.sort((a, b) => a.share - b.share);
  return new Piece(component, small, chosen.map(({ columns }) => columns), round(SHARED * pen));
}

/** For each row, the ink before each column, and that of all columns. @param {Gray} ink @returns {Int32Array} */
function inkBefore({ data, width, height }) {
  const before = new Int32Array((width + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) before[y * (width + 1) + x + 1] = before[y * (width + 1) + x] + data[y * width + x];
  }
  return before;
}

/** @param {(y: number) => number} value */
function sumOfRows(value) {
  let sum = 0;
  for (let y = 0; y < HEIGHT; y++) sum += value(y);
  return sum;
}

/**
 * For each column of the row `middle`, the cheapest seam from top to bottom through it: the one that crosses the least ink,
 * plus SIDEWAYS for each px that it moves sideways.
 * @param {Gray} ink @param {number} middle
 * @returns {Seam[]}
 */
function cheapestSeams({ data, width, height }, middle) {
  const price = Float32Array.from(data, (value) => Math.fround(value / 255));
  const above = cheapestHalves(price, width, Array.from({ length: middle }, (_, y) => y));
  const below = cheapestHalves(price, width, Array.from({ length: height - 1 - middle }, (_, k) => height - 1 - k));
  return Array.from({ length: width }, (_, x) => {
    const columns = new Int32Array(height);
    columns[middle] = x;
    above.follow(x, columns);
    below.follow(x, columns);
    return { cost: Math.fround(Math.fround(price[middle * width + x] + above.total[x]) + below.total[x]), columns };
  });
}

/**
 * The costs and the seams from the first of some rows to each column of the row after the last one.
 * @param {Float32Array} price @param {number} width @param {number[]} rows
 */
function cheapestHalves(price, width, rows) {
  let total = new Float32Array(width);
  const moves = rows.map((y) => {
    const sum = total.map((before, x) => before + price[y * width + x]);
    const move = new Int8Array(width);
    total = sum.map((straight, x) => {
      const left = x > 0 ? Math.fround(sum[x - 1] + SIDEWAYS) : Infinity;
      const right = x < width - 1 ? Math.fround(sum[x + 1] + SIDEWAYS) : Infinity;
      const least = Math.min(straight, left, right);
      move[x] = straight === least ? 0 : left === least ? -1 : 1;
      return least;
    });
    return move;
  });
  /** Fill in the columns of the seam that ends in column x. @param {number} x @param {Int32Array} columns */
  const follow = (x, columns) => {
    for (let k = rows.length - 1; k >= 0; k--) {
      x += moves[k][x];
      columns[rows[k]] = x;
    }
  };
  return { total, follow };
}
