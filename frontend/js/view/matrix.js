import { columnName, LABELS, labelText, NUMBER } from "../model/text.js";
import { text } from "../texts.js";
import { make } from "./elements.js";

/**
 * @import {Cell} from "../model/wall.js"
 */

/**
 * Show a confusion matrix as a table whose cells open the drawings behind them. Numbers have a row and a column if there are any.
 * @param {HTMLTableElement} table
 * @param {(Cell & {count: number})[]} confusion
 * @param {(cell: Cell) => void} onOpen
 */
export function showMatrix(table, confusion, onOpen) {
  const counts = new Map(confusion.map(({ meant, read, count }) => [`${meant} ${read}`, count]));
  const most = Math.max(1, ...counts.values());
  const numbers = confusion.some(({ meant, read }) => meant === NUMBER || read === NUMBER);
  const labels = numbers ? [...LABELS.slice(0, 10), NUMBER, "not_a_digit"] : LABELS;
  const head = make("tr", {}, make("td"), ...labels.map((label) => heading(label, "col")));
  const rows = labels.map((meant) => {
    const cells = labels.map((read) => {
      const count = counts.get(`${meant} ${read}`) ?? 0;
      const cell = make("td", { className: meant !== read ? "wrong" : meant === NUMBER ? "either" : "right" });
      cell.style.setProperty("--fraction", String(Math.sqrt(count / most)));
      if (count > 0) {
        const label = text("wall.cell", { n: count, meant: labelText(meant), read: labelText(read) });
        const button = make("button", { ariaLabel: label, title: label }, String(count));
        button.addEventListener("click", () => onOpen({ meant, read }));
        cell.append(button);
      }
      return cell;
    });
    return make("tr", {}, heading(meant, "row"), ...cells);
  });
  table.tHead?.replaceChildren(head);
  table.tBodies[0].replaceChildren(...rows);
}

/** @param {string} label @param {string} scope */
function heading(label, scope) {
  return make("th", { scope, ariaLabel: labelText(label) }, columnName(label));
}
