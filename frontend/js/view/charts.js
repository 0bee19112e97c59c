import { make } from "./elements.js";

/**
 * @import {Grid} from "../model/counts.js"
 */

const SVG = "http://www.w3.org/2000/svg";
const CELL = 26;
const MARGIN = 30;

/**
 * Show a grid of counts as a heat map.
 * @param {Element} parent
 * @param {Grid} grid
 * @param {{title: string, shorten?: (name: string) => string}} texts
 */
export function chart(parent, { rows, columns, cells }, { title, shorten = (name) => name }) {
  const most = Math.max(1, ...cells.flat());
  const [width, height] = [MARGIN + CELL * columns.length, MARGIN + CELL * rows.length];
  const svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title });
  columns.forEach((name, x) => svg.append(text(shorten(name), MARGIN + CELL * (x + 0.5), MARGIN / 2)));
  rows.forEach((name, y) => {
    svg.append(text(shorten(name), MARGIN / 2, MARGIN + CELL * (y + 0.5)));
    columns.forEach((column, x) => {
      const count = cells[y][x];
      const [left, top] = [MARGIN + CELL * x, MARGIN + CELL * y];
      // Square root, so that a single error stays visible beside a thousand correct results.
      const fill = shape("rect", { x: left + 1, y: top + 1, width: CELL - 2, height: CELL - 2, rx: 4, class: "cell" });
      fill.style.setProperty("--fraction", String(Math.sqrt(count / most)));
      const label = shape("title", {});
      label.textContent = `${name}, ${column}: ${count}`;
      fill.append(label);
      svg.append(fill);
      if (count > 0) svg.append(text(compact(count), left + CELL / 2, top + CELL / 2, "count"));
    });
  });
  parent.replaceChildren(svg);
}

/**
 * Show the same grid as a table.
 * @param {HTMLTableElement} table
 * @param {Grid} grid
 * @param {string} corner the top left heading
 */
export function table(table, { rows, columns, cells }, corner) {
  table.replaceChildren();
  const head = table.createTHead().insertRow();
  head.append(...[corner, ...columns].map((name) => make("th", { scope: "col" }, name)));
  const body = table.createTBody();
  rows.forEach((name, y) => {
    const row = body.insertRow();
    row.append(make("th", { scope: "row" }, name), ...cells[y].map((count) => make("td", {}, String(count))));
  });
}

/** @param {number} count @returns {string} at most four characters */
function compact(count) {
  return new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 2 }).format(count);
}

/** @param {string} content @param {number} x @param {number} y @param {string} [kind] */
function text(content, x, y, kind = "name") {
  const element = shape("text", { x, y, class: kind });
  element.textContent = content;
  return element;
}

/** @param {string} name @param {Record<string, string | number>} attributes */
function shape(name, attributes) {
  const element = /** @type {SVGElement} */ (document.createElementNS(SVG, name));
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
