import { percent, reading } from "../model/words.js";

/**
 * @import {DrawPage} from "../selectors.js"
 * @import {Answer, Failure} from "../network/api.js"
 */

const KEPT = {
  stored: "Recorded.",
  queued: "Recorded on this server; it joins the recorder as soon as that can be reached.",
  no: "",
};

/** The panel that says what was read. */
export class Result {
  #page;
  #bars;
  #cells;

  /** @param {DrawPage} page */
  constructor(page) {
    this.#page = page;
    this.#bars = Array.from({ length: 10 }, (_, digit) => {
      const bar = document.createElement("li");
      bar.dataset.digit = String(digit);
      return bar;
    });
    page.bars.append(...this.#bars);
    this.#cells = Array.from({ length: 10 }, (_, digit) => {
      const row = page.numbers.tBodies[0].insertRow();
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = String(digit);
      row.append(head);
      return row.insertCell();
    });
    page.asNumbers.addEventListener("click", () => this.#toggleNumbers());
    this.reset();
  }

  /** @param {Answer} answer */
  show(answer) {
    const { result, headline, sentence, kept, saw, seen } = this.#page;
    const words = reading(answer);
    result.dataset.kind = answer.verdict;
    headline.textContent = words.headline;
    sentence.textContent = words.sentence;
    kept.textContent = KEPT[answer.recorded];
    seen.src = answer.seen;
    saw.hidden = false;
    answer.probabilities.forEach((probability, digit) => {
      this.#fill(digit, probability);
      this.#bars[digit].classList.toggle("best", digit === answer.digit);
    });
    this.notice("");
  }

  reset() {
    const { result, headline, sentence, kept, saw } = this.#page;
    result.dataset.kind = "none";
    headline.textContent = kept.textContent = "";
    sentence.textContent = "Draw a digit: the network reads along.";
    saw.hidden = true;
    this.#bars.forEach((bar, digit) => {
      this.#fill(digit, 0);
      bar.classList.remove("best");
    });
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

  /** @param {number} digit @param {number} probability */
  #fill(digit, probability) {
    const bar = this.#bars[digit];
    bar.style.setProperty("--part", String(probability));
    bar.dataset.percent = probability < 0.01 ? "" : probability > 0.99 ? ">99" : `${Math.round(100 * probability)}`;
    this.#cells[digit].textContent = percent(probability);
  }

  #toggleNumbers() {
    const { asNumbers, numbers, bars } = this.#page;
    const on = numbers.hidden;
    numbers.hidden = !on;
    bars.hidden = on;
    asNumbers.ariaPressed = String(on);
  }
}
