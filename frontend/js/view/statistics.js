import { confusionMatrix, resultsByDay } from "../model/counts.js";
import { address, NEWEST } from "../model/place.js";
import { columnName } from "../model/text.js";
import { locale, text } from "../texts.js";
import { heatMap } from "./charts.js";

/**
 * @import {Counts} from "../model/counts.js"
 * @import {RecorderPage} from "../selectors.js"
 */

/** From this width on the statistics are beside the table; on narrower screens they are folded above it. */
const WIDE = matchMedia("(min-width: 78rem)");

const DAY = new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });
const TIME = new Intl.DateTimeFormat(locale, { timeStyle: "short" });

/** The counts, whose numbers link to the records behind them. */
export class Statistics {
  #page;
  #printing = false;

  /** @param {RecorderPage} page @param {(href: string) => void} onLink when a count is followed in this tab */
  constructor(page, onLink) {
    this.#page = page;
    page.dayNote.textContent = startOfDays();
    page.statistics.addEventListener("click", (event) => {
      const link = event.target instanceof Element && event.target.closest("a");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      onLink(link.href);
    });
    this.#fold(false);
    WIDE.addEventListener("change", () => this.#fold(this.#printing));
    addEventListener("beforeprint", () => this.#fold(true));
    addEventListener("afterprint", () => this.#fold(false));
  }

  /** @param {Counts} counts */
  show({ days, confusion }) {
    heatMap(this.#page.days, resultsByDay(days), {
      corner: text("recorder.day"),
      rowName: (day) => DAY.format(new Date(day)),
      columnName,
      link: (day, result) => link({ day, result }),
    });
    heatMap(this.#page.confusion, confusionMatrix(confusion), {
      corner: text("recorder.intended"),
      rowName: columnName,
      columnName,
      link: (label, result) => link({ label, result }),
    });
  }

  /** @param {boolean} printing paper may be narrow, but has the statistics */
  #fold(printing) {
    this.#printing = printing;
    this.#page.statistics.open = printing || WIDE.matches;
  }
}

/** @param {Record<string, string | null>} filter null: any */
function link(filter) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) if (value !== null) query.set(name, value);
  return address(query, NEWEST);
}

/** Records are counted by UTC days, while times are local. @returns {string} empty if that is the same */
function startOfDays() {
  const midnight = new Date(`${new Date().toISOString().slice(0, 10)}T00:00Z`);
  if (midnight.getTimezoneOffset() === 0) return "";
  return text("recorder.utc_days", { time: TIME.format(midnight) });
}
