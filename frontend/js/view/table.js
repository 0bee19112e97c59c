import { meaning, percent } from "../model/words.js";

/**
 * @import {Recorded} from "../network/api.js"
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

  /** @param {Recorded[]} records @param {boolean} arriving whether what is new is to be pointed out */
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
  }

  /** @param {Recorded} record */
  #row(record) {
    const row = document.createElement("tr");
    row.dataset.id = record.id;
    const time = document.createElement("time");
    time.dateTime = record.date;
    time.textContent = TIME.format(new Date(record.date));
    row.insertCell().append(time);
    row.insertCell().append(this.#picture(record));
    const cells = [
      record.result,
      percent(record.confidence),
      VERDICTS[record.verdict],
      record.label === null ? "" : meaning(record.label),
      source(record),
    ];
    for (const text of cells) row.insertCell().textContent = text;
    row.cells[2].className = "reads";
    return row;
  }

  /** @param {Recorded} record */
  #picture(record) {
    const button = document.createElement("button");
    button.className = "thumb";
    button.ariaLabel = `Open the prediction “${record.result}”`;
    const image = document.createElement("img");
    image.src = `/records/${record.id}/image.png`;
    image.alt = "";
    image.loading = "lazy";
    image.width = image.height = 48;
    button.append(image);
    button.addEventListener("click", () => this.#onOpen(record));
    return button;
  }
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
