import { formatNumber, text } from "../texts.js";
import { make } from "./elements.js";

/**
 * @import {Grid} from "../model/counts.js"
 */

/**
 * Show a grid of counts as a table whose cells are shaded by their counts. Counts link to the records behind them.
 * @param {HTMLTableElement} table its caption stays
 * @param {Grid} grid
 * @param {object} texts
 * @param {string} texts.corner the top left heading
 * @param {(row: string) => string} texts.rowName
 * @param {(column: string) => string} texts.columnName
 * @param {(row: string, column: string | null) => string} texts.link address of the records of a cell; column null: of a row
 */
export function heatMap(table, { rows, columns, cells }, { corner, rowName, columnName, link }) {
  const most = Math.max(1, ...cells.flat());
  const heading = (/** @type {string} */ name) => make("th", { scope: "col" }, name);
  table.createTHead().replaceChildren(make("tr", {}, ...[corner, ...columns.map(columnName), text("recorder.all")].map(heading)));
  const body = table.tBodies[0] ?? table.createTBody();
  body.replaceChildren(
    ...rows.map((row, y) => {
      const total = cells[y].reduce((sum, count) => sum + count, 0);
      return make(
        "tr",
        {},
        make("th", { scope: "row" }, rowName(row)),
        ...cells[y].map((count, x) => {
          const cell = make("td", { className: "cell" }, linked(count, link(row, columns[x])));
          // Square root, so that a single error stays visible beside a thousand correct results.
          cell.style.setProperty("--fraction", String(Math.sqrt(count / most)));
          return cell;
        }),
        make("td", { className: "total" }, linked(total, link(row, null))),
      );
    }),
  );
}

/** @param {number} count @param {string} href */
function linked(count, href) {
  return count > 0 ? make("a", { href, title: formatNumber(count) }, compact(count)) : "";
}

/** @param {number} count @returns {string} at most four characters, with K and M in every language */
function compact(count) {
  return new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 2 }).format(count);
}
