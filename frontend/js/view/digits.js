import { percent, shortPercent } from "../model/text.js";
import { text } from "../texts.js";
import { make } from "./elements.js";
import { putAt } from "./place.js";
import { loadStyles } from "./styles.js";

/**
 * @import {DrawPage} from "../selectors.js"
 * @import {Drawing} from "../model/drawing.js"
 * @import {NumberDigit, Reading} from "../network/predict.js"
 */

await loadStyles("digits.css");

/**
 * The digits of a number: in the headline a button for each, with a bar for its confidence; on the paper a box around each.
 * One of them is selected: the last one, until the person chooses another.
 */
export class Digits {
  #page;
  #drawing;
  #onSelect;
  #boxes = make("div", { className: "boxes", ariaHidden: "true" });
  /** @type {HTMLButtonElement[]} */
  #buttons = [];
  /** @type {readonly NumberDigit[]} */
  #digits = [];
  /** What the headline consists of, with 0 for each digit. */
  #pattern = "";
  /** Counted from the left; null: the last one. @type {number | null} */
  #chosen = null;

  /** @param {DrawPage} page @param {Drawing} drawing @param {() => void} onSelect called when the person selects a digit */
  constructor(page, drawing, onSelect) {
    this.#page = page;
    this.#drawing = drawing;
    this.#onSelect = onSelect;
    page.paper.append(this.#boxes);
  }

  /** The selected digit and its place in the number; null: no number is shown. */
  get selected() {
    const index = Math.min(this.#chosen ?? Infinity, this.#digits.length - 1);
    return index < 0 ? null : { index, digit: this.#digits[index] };
  }

  /** @param {Reading} reading of a number @param {string} headline with its result */
  show({ digits, result }, headline) {
    this.#digits = digits ?? [];
    this.#setPattern(headline.replace(result, result.replace(/\d/g, "0")));
    this.#boxes.replaceChildren(
      ...this.#digits.map(({ box: [left, top, width, height], confidence }) => {
        const box = make("div", { className: "box" });
        box.style.setProperty("--fraction", String(confidence));
        putAt(box, { left, top, width, height }, this.#drawing);
        return box;
      }),
    );
    this.#buttons.forEach((button, i) => {
      const { digit, confidence } = this.#digits[i];
      button.textContent = String(digit);
      button.ariaLabel = text("draw.digit_of", { digit, share: percent(confidence), n: i + 1, of: this.#buttons.length });
      button.title = shortPercent(confidence);
      button.style.setProperty("--fraction", String(confidence));
    });
    this.#mark();
  }

  /** No number is shown any more. */
  hide() {
    this.#digits = this.#buttons = [];
    this.#pattern = "";
    this.#chosen = null;
    this.#boxes.replaceChildren();
  }

  /** Replace the buttons only if there are others, so that they keep the focus. @param {string} pattern */
  #setPattern(pattern) {
    if (pattern === this.#pattern) return;
    this.#pattern = pattern;
    const focused = this.#buttons.findIndex((button) => button === document.activeElement);
    this.#buttons = [];
    this.#page.headline.replaceChildren(...[...pattern].map((sign) => (sign === "0" ? this.#addButton() : sign)));
    if (focused >= 0) this.#buttons[Math.min(focused, this.#buttons.length - 1)].focus();
  }

  #addButton() {
    const index = this.#buttons.length;
    const button = make("button", { className: "digit" });
    button.addEventListener("click", () => {
      this.#chosen = index;
      this.#mark();
      this.#onSelect();
    });
    this.#buttons.push(button);
    return button;
  }

  #mark() {
    const index = this.selected?.index;
    this.#buttons.forEach((button, i) => (button.ariaPressed = String(i === index)));
    [...this.#boxes.children].forEach((box, i) => box.classList.toggle("selected", i === index));
  }
}
