import { describe, percent } from "../model/text.js";
import { Bars } from "./bars.js";
import { make } from "./elements.js";

/**
 * @import {DrawPage} from "../selectors.js"
 * @import {Failure} from "../network/client.js"
 * @import {Prediction, Reading} from "../network/predict.js"
 */

const RECORDED = {
  stored: "Recorded.",
  queued: "Queued on this server until the recorder's database can be reached.",
  no: "Not recorded: the recorder is turned off on this server.",
};

/** The panel that shows a prediction. */
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

  /** @param {Reading} reading of an unfinished stroke; screen readers wait for the final one */
  showUnfinished(reading) {
    this.#show(reading, { kind: "unfinished", headline: String(reading.digit), sentence: "Reading as you draw …" });
    this.#page.result.ariaBusy = "true";
  }

  /** @param {Reading} reading that is not recorded */
  showPreview(reading) {
    this.#show(reading, { kind: reading.verdict, ...describe(reading) });
    this.#page.result.ariaBusy = null;
  }

  /** @param {Prediction} prediction after Predict */
  showPrediction(prediction) {
    this.showPreview(prediction);
    this.#page.recorded.textContent = RECORDED[prediction.recorded];
  }

  /** The prediction that is shown was deleted from the recorder. */
  deleted() {
    this.#page.recorded.textContent = "Deleted from the recorder.";
    this.notice("");
  }

  reset() {
    const { result, headline, sentence, recorded, seen } = this.#page;
    result.ariaBusy = null;
    result.dataset.kind = "none";
    headline.textContent = recorded.textContent = "";
    sentence.textContent = "Draw a digit. The network reads it as you draw.";
    seen.hidden = true;
    this.#fill(Array(10).fill(0));
    this.notice("");
  }

  /** @param {string} text an error or a status; empty: none */
  notice(text) {
    this.#page.notice.textContent = text;
  }

  /** @param {Failure} failure after which the call is tried again */
  retrying(failure) {
    this.notice(`${failure.message} Your drawing is kept; trying again.`);
  }

  /** @param {Failure} failure after which the call is given up */
  failed(failure) {
    this.notice(failure.temporary ? `${failure.message} Your drawing is kept. Press Predict to try again.` : failure.message);
  }

  /** @param {Reading} reading @param {{kind: string, headline: string, sentence: string}} texts */
  #show(reading, texts) {
    const { result, headline, sentence, recorded, seen, seenImage } = this.#page;
    result.dataset.kind = texts.kind;
    headline.textContent = texts.headline;
    sentence.textContent = texts.sentence;
    recorded.textContent = "";
    seenImage.src = reading.seen;
    seen.hidden = false;
    this.#fill(reading.probabilities);
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
