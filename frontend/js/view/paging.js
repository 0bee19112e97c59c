import { rangeText } from "../model/place.js";
import { text } from "../texts.js";

/**
 * @import {Position} from "../model/place.js"
 * @import {RecorderPage} from "../selectors.js"
 */

/** Which records the table has, or why it has none, and the buttons that turn its pages. */
export class Paging {
  #page;

  /**
   * @param {RecorderPage} page
   * @param {Record<"onNewest" | "onNewer" | "onOlder", () => Promise<void>>} handlers
   */
  constructor(page, { onNewest, onNewer, onOlder }) {
    this.#page = page;
    page.newest.addEventListener("click", () => void this.turn(onNewest));
    page.newer.addEventListener("click", () => void this.turn(onNewer));
    page.older.addEventListener("click", () => void this.turn(onOlder));
  }

  /** Turn the page, and begin at its top. @param {() => Promise<void>} turn */
  async turn(turn) {
    await turn();
    (this.#page.tableScroll.hidden ? this.#page.older : this.#page.tableScroll).focus({ preventScroll: true });
    this.#page.range.scrollIntoView({ block: "start" });
  }

  /**
   * @param {Position} position
   * @param {object} found
   * @param {number} found.shown how many records the table has
   * @param {number | null} found.matching how many match the filter; null: unknown
   * @param {boolean} found.filtered
   * @param {boolean} found.older whether there may be older matches
   */
  show(position, { shown, matching, filtered, older }) {
    const page = this.#page;
    const newest = position.before === null;
    const nothing = shown === 0 && newest && !older && !filtered;
    page.noRecords.hidden = !nothing;
    page.filters.hidden = page.columns.hidden = nothing;
    page.exports.hidden = shown === 0 && !older;
    page.tableScroll.hidden = shown === 0;
    page.noMatch.hidden = shown > 0;
    page.noMatch.textContent = reason(newest, older);
    page.range.textContent = rangeText(position, shown, !older, matching);
    page.older.disabled = !older;
    page.newer.disabled = page.newest.disabled = newest;
    page.paging.hidden = newest && !older;
  }
}

/** @param {boolean} newest @param {boolean} older @returns {string} why the table is empty */
function reason(newest, older) {
  if (older) return text("recorder.no_match_yet");
  if (!newest) return text("recorder.no_older");
  return text("recorder.no_match");
}
