import { labelText, percent } from "../model/text.js";
import { imageAddress } from "../network/records.js";
import { locale, text } from "../texts.js";
import { make } from "./elements.js";

/**
 * @import {PredictionRecord} from "../network/records.js"
 */

const TIME = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });

/** The table of predictions. Unchanged rows stay in place, and so do focus and scroll position. */
export class Table {
  #body;
  #onOpen;
  /** @type {Map<string, {row: HTMLTableRowElement, content: string}>} */
  #rows = new Map();

  /** The records in the table, newest first. @type {PredictionRecord[]} */
  records = [];

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
    const focused = this.records.findIndex(({ id }) => before.get(id)?.row.contains(document.activeElement));
    const focusedId = this.records[focused]?.id;
    this.records = records;
    this.#rows = new Map(
      records.map((record) => {
        const content = JSON.stringify(record);
        const old = before.get(record.id);
        if (old?.content === content) return [record.id, old];
        const row = this.#row(record);
        row.classList.toggle("new", highlightNew && !old);
        return [record.id, { row, content }];
      }),
    );
    const rows = [...this.#rows.values()].map(({ row }) => row);
    for (const { row } of before.values()) if (!rows.includes(row)) row.remove();
    rows.forEach((row, i) => {
      if (this.#body.rows[i] !== row) this.#body.insertBefore(row, this.#body.rows[i] ?? null);
    });
    if (focusedId) this.focus(focusedId, focused);
    return before.size !== rows.length || records.some(({ id }) => before.get(id) !== this.#rows.get(id));
  }

  /**
   * Focus the row of a record or, if it is gone, the row in its place.
   * @param {string} id
   * @param {number} row that it had
   * @returns {boolean} false: the table is empty
   */
  focus(id, row) {
    const found = this.#rows.get(id)?.row ?? this.#body.rows[Math.min(row, this.#body.rows.length - 1)];
    found?.querySelector("button")?.focus();
    return Boolean(found);
  }

  /** @param {PredictionRecord} record */
  #row(record) {
    const time = make("time", { dateTime: record.date, title: utc(record.date) }, TIME.format(new Date(record.date)));
    const row = make(
      "tr",
      {},
      make("td", {}, time),
      make("td", {}, thumbnail(record)),
      make("td", { className: "predicted" }, labelText(record.result)),
      make("td", {}, percent(record.confidence)),
      make("td", {}, text(`verdict.${record.verdict}`)),
      make("td", {}, record.label === null ? "" : labelText(record.label)),
      make("td", {}, source(record)),
    );
    row.dataset.id = record.id;
    row.addEventListener("click", () => this.#onOpen(record));
    return row;
  }
}

/** A button, so that the record can be opened by keyboard; its clicks reach the row. @param {PredictionRecord} record */
function thumbnail(record) {
  const image = make("img", { alt: "", loading: "lazy", width: 48, height: 48, src: imageAddress(record) });
  image.addEventListener("error", () => image.replaceWith(make("span", { className: "no-picture" }, "–")));
  return make("button", { className: "thumbnail", ariaLabel: text("recorder.open_row", { result: labelText(record.result) }) }, image);
}

/** @param {PredictionRecord} record */
function source({ source, file_name }) {
  if (source === "canvas") return text("source.canvas");
  return file_name ? text("source.file", { name: file_name }) : text("source.upload");
}

/** @param {string} date RFC 3339, UTC @returns {string} such as "2026-11-26 02:56:12 UTC" */
function utc(date) {
  return `${date.slice(0, 10)} ${date.slice(11, 19)} UTC`;
}

/** @param {PredictionRecord} record @returns {[string, string][]} names and values of its details */
export function facts(record) {
  return [
    [text("recorder.certainty"), percent(record.confidence)],
    [text("recorder.verdict"), text(`verdict.${record.verdict}`)],
    [text("recorder.intended_digit"), record.expected ?? text("recorder.not_given")],
    [text("recorder.time"), `${TIME.format(new Date(record.date))} (${utc(record.date)})`],
    [text("recorder.source"), source(record)],
    [text("recorder.model"), record.model_version],
    [text("recorder.id"), record.id],
  ];
}
