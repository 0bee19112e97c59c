import { meaning, percent } from "../model/words.js";
import { make } from "./elements.js";

/**
 * @import {Recorded} from "../network/records.js"
 */

const VERDICTS = { digit: "sure", unsure: "unsure", not_a_digit: "not a digit" };
const TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** The table of predictions. Rows that did not change stay, so that focus and place are kept. */
export class Table {
  #body;
  #onOpen;
  /** @type {Map<string, {row: HTMLTableRowElement, text: string}>} */
  #rows = new Map();

  /** @param {HTMLTableElement} table @param {(record: Recorded) => void} onOpen */
  constructor(table, onOpen) {
    this.#body = table.tBodies[0];
    this.#onOpen = onOpen;
  }

  /**
   * @param {Recorded[]} records
   * @param {boolean} arriving whether what is new is to be pointed out
   * @returns {boolean} whether anything changed
   */
  show(records, arriving) {
    const before = this.#rows;
    this.#rows = new Map(
      records.map((record) => {
        const text = JSON.stringify(record);
        const old = before.get(record.id);
        if (old?.text === text) return [record.id, old];
        const row = this.#row(record);
        row.classList.toggle("new", arriving && !old);
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

  /** @param {Recorded} record */
  #row(record) {
    const time = make("time", { dateTime: record.date }, TIME.format(new Date(record.date)));
    const row = make(
      "tr",
      {},
      make("td", {}, time),
      make("td", {}, picture(record)),
      make("td", { className: "reads" }, record.result),
      make("td", {}, percent(record.confidence)),
      make("td", {}, VERDICTS[record.verdict]),
      make("td", {}, record.label === null ? "" : meaning(record.label)),
      make("td", {}, source(record)),
    );
    row.dataset.id = record.id;
    row.addEventListener("click", () => this.#onOpen(record));
    return row;
  }
}

/** The drawing as a button; its click opens the row's record. @param {Recorded} record */
function picture({ id, result }) {
  const image = make("img", { alt: "", loading: "lazy", width: 48, height: 48, src: `/records/${id}/image.png` });
  return make("button", { className: "thumb", ariaLabel: `Open the prediction “${result}”` }, image);
}

/** @param {Recorded} record */
export function source({ source, file_name }) {
  if (source === "canvas") return "drawn";
  return file_name ? `picture: ${file_name}` : "picture";
}

/** @param {Recorded} record @returns {[string, string][]} all there is to say of it */
export function facts(record) {
  return [
    ["Time", TIME.format(new Date(record.date))],
    ["Result", record.result],
    ["How sure", percent(record.confidence)],
    ["Verdict", VERDICTS[record.verdict]],
    ["Meant beforehand", record.expected ?? "not said"],
    ["Source", source(record)],
    ["Model", record.model_version],
    ["Id", record.id],
  ];
}
