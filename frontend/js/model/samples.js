/**
 * Drawings for those who have no pen, or no hand free: written by hand for this page.
 *
 * @import {Stroke} from "./geometry.js"
 * @typedef {{label: string, strokes: readonly Stroke[]}} Sample label: what is meant
 */

const WIDTH = 18;

/** Of the pen, in ms per canvas unit. */
const PACE = 2;

/** The label, then each stroke as x, y, x, y, ... A repeated point makes a corner. @type {[string, ...number[][]][]} */
const WRITTEN = [
  ["0", [150, 45, 110, 58, 86, 110, 84, 172, 108, 224, 150, 235, 188, 206, 201, 140, 186, 76, 152, 47, 128, 54]],
  ["1", [106, 98, 150, 46, 150, 46, 149, 140, 146, 238]],
  ["2", [84, 98, 98, 54, 146, 40, 190, 66, 182, 116, 140, 172, 84, 233, 84, 233, 140, 227, 206, 234]],
  ["3", [88, 66, 128, 40, 184, 54, 186, 106, 134, 132, 134, 132, 190, 142, 200, 198, 152, 240, 84, 220]],
  ["4", [110, 48, 97, 105, 84, 157, 84, 157, 140, 154, 206, 151], [170, 96, 167, 165, 163, 242]],
  ["5", [114, 50, 104, 126, 104, 126, 152, 106, 200, 136, 196, 200, 150, 240, 86, 220], [114, 51, 160, 50, 202, 46]],
  ["6", [176, 46, 122, 82, 88, 150, 92, 212, 136, 242, 186, 222, 190, 172, 154, 146, 112, 164, 96, 200]],
  ["7", [78, 63, 140, 59, 206, 54, 206, 54, 170, 130, 136, 240]],
  ["8", [180, 78, 142, 40, 94, 62, 102, 114, 150, 140, 196, 178, 184, 230, 134, 244, 90, 216, 98, 168, 146, 132, 184, 104, 176, 68]],
  ["9", [188, 82, 146, 40, 96, 68, 92, 120, 130, 146, 178, 116, 188, 74, 188, 74, 184, 160, 166, 242]],
  ["1", [82, 128, 166, 44, 166, 44, 160, 140, 152, 240]],
  ["4", [160, 48, 122, 104, 78, 164, 78, 164, 146, 161, 212, 158], [161, 49, 160, 150, 157, 242]],
  ["4", [112, 54, 98, 100, 104, 140, 140, 148, 186, 140], [182, 62, 178, 150, 170, 240]],
  ["7", [78, 63, 140, 59, 206, 54, 206, 54, 170, 130, 136, 240], [112, 148, 150, 144, 192, 139]],
  ["not_a_digit", [86, 236, 140, 44, 140, 44, 190, 236, 190, 236, 62, 116, 62, 116, 218, 114, 218, 114, 88, 236]],
];

/** @type {readonly Sample[]} */
export const SAMPLES = WRITTEN.map(([label, ...strokes]) => ({ label, strokes: timed(strokes) }));

/** @param {number[][]} strokes one after the other @returns {Stroke[]} */
function timed(strokes) {
  let t = 0;
  return strokes.map((numbers) => {
    const points = [];
    for (let i = 0; i < numbers.length; i += 2) {
      const [x, y] = numbers.slice(i, i + 2);
      const before = points.at(-1);
      t += PACE * (before ? Math.hypot(x - before.x, y - before.y) : 100);
      points.push({ x, y, t });
    }
    return { points, width: WIDTH };
  });
}
