import { describe, disagreement, percent } from "../model/text.js";
import { text } from "../texts.js";
import { Bars } from "./bars.js";
import { make } from "./elements.js";

/**
 * @import {DrawPage} from "../selectors.js"
 * @import {Drawing} from "../model/drawing.js"
 * @import {Failure} from "../network/client.js"
 * @import {Prediction, Reading} from "../network/predict.js"
 * @import {Digits} from "./digits.js"
 */

/** After so many ms without a new answer the old one is dimmed, and then the page says that it waits. */
const [DIM_AFTER, SAY_AFTER] = [150, 600];

/** The panel that shows a prediction. */
export class Result {
  #page;
  #bars;
  #cells;
  /** Set while an answer is on its way. @type {number[]} */
  #timers = [];
  /** Whether the notice says that a call failed, until an answer is shown. Other notices stay until the drawing changes. */
  #failing = false;
  #drawing;
  #onSelect;
  /** What is shown. @type {Reading | null} */
  #reading = null;
  /** Loaded with the first number. @type {Digits | null} */
  #digits = null;

  /** @param {DrawPage} page @param {Drawing} drawing @param {() => void} onSelect called when another digit of a number is selected */
  constructor(page, drawing, onSelect) {
    this.#page = page;
    this.#drawing = drawing;
    this.#onSelect = onSelect;
    this.#bars = new Bars(page.bars);
    this.#cells = Array.from({ length: 10 }, () => make("td"));
    page.numbers.tBodies[0].append(
      ...this.#cells.map((cell, digit) => make("tr", {}, make("th", { scope: "row" }, String(digit)), cell)),
    );
    page.asNumbers.addEventListener("click", () => this.#toggleNumbers());
    this.reset();
  }

  /**
   * An answer is on its way. Does nothing if one already is.
   * @param {{outdated: boolean}} what outdated: the answer that is shown is not for this drawing
   */
  wait({ outdated }) {
    if (outdated && !this.#failing) this.notice("");
    if (this.#timers.length > 0) return;
    const { result, details, sentence, recorded } = this.#page;
    const dim = () => [result, details].forEach((element) => element.classList.toggle("outdated", outdated));
    const say = () => {
      result.classList.add("waiting");
      if (outdated) sentence.textContent = text("draw.reading");
      else recorded.textContent = text("draw.waiting_server");
    };
    this.#timers = [setTimeout(dim, DIM_AFTER), setTimeout(say, SAY_AFTER)];
  }

  #stopWaiting() {
    this.#timers.forEach(clearTimeout);
    this.#timers = [];
    const { result, details } = this.#page;
    for (const element of [result, details]) element.classList.remove("outdated", "waiting");
  }

  /** The digit of a number that is selected, and its place; null: no number is shown. */
  get selected() {
    return this.#digits?.selected ?? null;
  }

  /** @param {Reading} reading of an unfinished stroke; screen readers wait for the final one */
  showUnfinished(reading) {
    this.#show(reading, { kind: "unfinished", headline: String(reading.digit ?? reading.result), sentence: text("draw.reading_unfinished") });
    this.#page.result.ariaBusy = "true";
  }

  /** @param {Reading} reading that is not recorded */
  showPreview(reading) {
    const { spoken, ...texts } = describe(reading);
    this.#show(reading, { kind: reading.verdict, ...texts });
    this.#page.result.ariaBusy = null;
    const meant = disagreement(this.#page.expected.value, reading);
    this.#page.recorded.textContent = meant;
    this.#page.spoken.textContent = `${spoken} ${meant}`.trim();
  }

  /** @param {Prediction} prediction after Predict */
  showPrediction(prediction) {
    this.showPreview(prediction);
    for (const element of [this.#page.recorded, this.#page.spoken]) {
      element.textContent = `${text(`draw.recorded.${prediction.recorded}`)} ${element.textContent}`.trim();
    }
  }

  /** The prediction that is shown waits on this device. @param {Failure} failure of the last try to send it */
  waiting(failure) {
    this.#stopWaiting();
    this.#page.result.ariaBusy = null;
    this.#page.recorded.textContent = "";
    this.failing(failure.status > 0 ? failure.message : ""); // without a response, the number of those that wait says enough
  }

  /** The prediction that is shown was deleted from the recorder. */
  deleted() {
    this.#page.recorded.textContent = text("draw.deleted");
    this.notice("");
  }

  reset() {
    const { result, headline, sentence, recorded, seenImage, spoken } = this.#page;
    this.#stopWaiting();
    result.ariaBusy = null;
    result.dataset.kind = "none";
    this.#reading = null;
    this.#digits?.hide();
    headline.textContent = recorded.textContent = "";
    sentence.textContent = spoken.textContent = text("draw.start");
    seenImage.hidden = true;
    this.#fill(Array(10).fill(0));
    this.notice("");
  }

  /** @param {string} sentence an error or a status; empty: none */
  notice(sentence) {
    this.#failing = false;
    this.#page.notice.textContent = sentence;
  }

  /** @param {string} sentence a notice that ends when an answer is shown */
  failing(sentence) {
    this.notice(sentence);
    this.#failing = true;
  }

  /** @param {Failure} failure after which the call is tried again */
  retrying(failure) {
    this.failing(text("draw.retrying", { problem: failure.message }));
  }

  /** @param {Failure} failure after which the call is given up */
  failed(failure) {
    this.#page.result.classList.remove("waiting");
    this.failing(failure.temporary ? text("draw.failed", { problem: failure.message }) : failure.message);
  }

  /** @param {Reading} reading @param {{kind: string, headline: string, sentence: string}} texts */
  #show(reading, texts) {
    const { result, sentence, recorded, seenImage } = this.#page;
    this.#stopWaiting();
    this.#reading = reading;
    result.dataset.kind = texts.kind;
    result.classList.toggle("of-number", reading.digits !== null);
    this.#showHeadline(reading, texts.headline);
    sentence.textContent = texts.sentence;
    recorded.textContent = "";
    seenImage.src = reading.seen;
    seenImage.hidden = reading.digits !== null; // the network saw each digit by itself
    this.#fillSelected();
    if (this.#failing) this.notice("");
  }

  /** @param {Reading} reading @param {string} headline */
  #showHeadline(reading, headline) {
    if (reading.digits && this.#digits) return this.#digits.show(reading, headline);
    this.#digits?.hide();
    this.#page.headline.textContent = headline;
    if (!reading.digits) return;
    void import("./digits.js").then(({ Digits }) => {
      this.#digits ??= new Digits(this.#page, this.#drawing, () => {
        this.#fillSelected();
        this.#onSelect();
      });
      if (reading !== this.#reading) return;
      this.#showHeadline(reading, headline);
      this.#fillSelected();
      this.#onSelect();
    });
  }

  /** Show the probabilities of the selected digit, or of the drawing as one digit. */
  #fillSelected() {
    if (this.#reading) this.#fill(this.selected?.digit.probabilities ?? this.#reading.probabilities);
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
