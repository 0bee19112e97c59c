import { percent, reading } from "../model/words.js";
import { Bars } from "./bars.js";
import { make } from "./elements.js";

/**
 * @import {DrawPage} from "../selectors.js"
 * @import {Answer, Failure} from "../network/api.js"
 */

const KEPT = {
  stored: "Recorded.",
  queued: "Recorded on this server; it joins the recorder as soon as that can be reached.",
  no: "Not recorded: this server's recorder is off.",
};

/** The panel that says what was read. */
export class Result {
  #page;
  #bars;
  #cells;

  /** @param {DrawPage} page */
  constructor(page) {
    this.#page = page;
    this.#bars = new Bars(page.bars);
    this.#cells = Array.from({ length: 10 }, () => make("td"));
    page.numbers.tBodies[0].append(
      ...this.#cells.map((cell, digit) => make("tr", {}, make("th", { scope: "row" }, String(digit)), cell)),
    );
    page.asNumbers.addEventListener("click", () => this.#toggleNumbers());
    this.reset();
  }

  /** @param {Answer} answer for a drawing that isn't done: screen readers wait for the next one */
  glimpse(answer) {
    this.#show(answer, { kind: "glimpse", headline: String(answer.digit), sentence: "Reading along …" });
    this.#page.result.ariaBusy = "true";
  }

  /** @param {Answer} answer of a reading that records nothing */
  preview(answer) {
    this.#show(answer, { kind: answer.verdict, ...reading(answer) });
    this.#page.result.ariaBusy = null;
  }

  /** @param {Answer} answer to Predict */
  predicted(answer) {
    this.preview(answer);
    this.#page.kept.textContent = KEPT[answer.recorded];
  }

  reset() {
    const { result, headline, sentence, kept, saw } = this.#page;
    result.ariaBusy = null;
    result.dataset.kind = "none";
    headline.textContent = kept.textContent = "";
    sentence.textContent = "Draw a digit: the network reads along.";
    saw.hidden = true;
    this.#fill(Array(10).fill(0));
    this.notice("");
  }

  /** @param {string} text what went wrong or is awaited; empty: nothing */
  notice(text) {
    this.#page.notice.textContent = text;
  }

  /** @param {Failure} failure */
  waiting(failure) {
    this.notice(`${failure.message} Your drawing is kept; trying again.`);
  }

  /** @param {Failure} failure */
  failed(failure) {
    this.notice(failure.passing ? `${failure.message} Your drawing is kept: press Predict to try again.` : failure.message);
  }

  /** @param {Answer} answer @param {{kind: string, headline: string, sentence: string}} words */
  #show(answer, words) {
    const { result, headline, sentence, kept, saw, seen } = this.#page;
    result.dataset.kind = words.kind;
    headline.textContent = words.headline;
    sentence.textContent = words.sentence;
    kept.textContent = "";
    seen.src = answer.seen;
    saw.hidden = false;
    this.#fill(answer.probabilities);
    this.notice("");
  }

  /** @param {number[]} probabilities */
  #fill(probabilities) {
    this.#bars.show(probabilities);
    this.#cells.forEach((cell, digit) => (cell.textContent = percent(probabilities[digit])));
  }

  #toggleNumbers() {
    const { asNumbers, numbers, bars } = this.#page;
    const on = numbers.hidden;
    numbers.hidden = !on;
    bars.hidden = on;
    asNumbers.ariaPressed = String(on);
  }
}
