import { labelText, percent } from "../model/text.js";
import { make } from "./elements.js";

/**
 * @import {PredictionRecord} from "../network/records.js"
 */

const VERDICTS = { digit: "sure", unsure: "unsure", not_a_digit: "not a digit" };
const TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** The table of predictions. Unchanged rows stay in place, and so do focus and scroll position. */
export class Table {
  #body;
  #onOpen;
  /** @type {Map<string, {row: HTMLTableRowElement, text: string}>} */
  #rows = new Map();

  /** @param {HTMLTableElement} table @param {(record: PredictionRecord) => void} onOpen */
  constructor(table, onOpen) {
    this.#body = table.tBodies[0];
    this.#onOpen = onOpen;
  }

  /**
   * @param {PredictionRecord[]} records
   * @param {boolean} highlightNew whether to highlight rows that were not there before
   * @returns {boolean} whether the table changed
   */
  show(records, highlightNew) {
    const before = this.#rows;
    this.#rows = new Map(
      records.map((record) => {
        const text = JSON.stringify(record);
        const old = before.get(record.id);
        if (old?.text === text) return [record.id, old];
        const row = this.#row(record);
        row.classList.toggle("new", highlightNew && !old);
        return [record.id, { row, text }];
      }),
    );
    const rows = [...this.#rows.values()].map(({ row }) => row);
    for (const { row } of before.values()) if (!rows.includes(row)) row.remove();
    rows.forEach((row, i) => {
      if (this.#body.rows[i] !== row) this.#body.insertBefore(row, this.#body.rows[i] ?? null);
    });
    return before.size !== rows.length || records.some(({ id }) => before.get(id) !== this.#rows.get(id));
  }

  /** @param {PredictionRecord} record */
  #row(record) {
    const time = make("time", { dateTime: record.date }, TIME.format(new Date(record.date)));
    const row = make(
      "tr",
      {},
      make("td", {}, time),
      make("td", {}, thumbnail(record)),
      make("td", { className: "predicted" }, record.result),
      make("td", {}, percent(record.confidence)),
      make("td", {}, VERDICTS[record.verdict]),
      make("td", {}, record.label === null ? "" : labelText(record.label)),
      make("td", {}, source(record)),
    );
    row.dataset.id = record.id;
    row.addEventListener("click", () => this.#onOpen(record));
    return row;
  }
}

/** A button, so that the record can be opened by keyboard; its clicks reach the row. @param {PredictionRecord} record */
function thumbnail({ id, result }) {
  const image = make("img", { alt: "", loading: "lazy", width: 48, height: 48, src: `/records/${id}/image.png` });
  image.addEventListener("error", () => image.replaceWith(make("span", { className: "no-picture" }, "–")));
  return make("button", { className: "thumbnail", ariaLabel: `Open the prediction “${result}”` }, image);
}

/** @param {PredictionRecord} record */
export function source({ source, file_name }) {
  if (source === "canvas") return "drawn";
  return file_name ? `picture: ${file_name}` : "picture";
}

/** @param {PredictionRecord} record @returns {[string, string][]} names and values of its details */
export function facts(record) {
  return [
    ["Time", TIME.format(new Date(record.date))],
    ["Result", record.result],
    ["Confidence", percent(record.confidence)],
    ["Verdict", VERDICTS[record.verdict]],
    ["Intended digit", record.expected ?? "not given"],
    ["Source", source(record)],
    ["Model", record.model_version],
    ["ID", record.id],
  ];
}
