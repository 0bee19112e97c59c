import { meaning, NOT_A_DIGIT } from "../model/words.js";
import { correct, Failure } from "../network/api.js";
import { retry } from "../network/retry.js";
import { make } from "./elements.js";

/**
 * @import {DrawPage} from "../selectors.js"
 * @import {Answer} from "../network/api.js"
 * @import {Result} from "./result.js"
 */

const LABELS = [..."0123456789", "not_a_digit"];

/** "Wrong? Tell it": labels the prediction that was just recorded, and takes the label back. */
export class Correction {
  #page;
  #result;
  /** @type {Answer | null} */
  #answer = null;

  /** @param {DrawPage} page @param {Result} result */
  constructor(page, result) {
    this.#page = page;
    this.#result = result;
    page.labels.append(
      ...LABELS.map((label) => {
        const button = make("button", { className: "label", value: label }, meaning(label));
        button.addEventListener("click", () => this.choose(label));
        return button;
      }),
    );
  }

  /** @param {Answer} answer that was recorded */
  open(answer) {
    this.#answer = answer;
    this.#mark(null);
    this.#page.correction.hidden = false;
  }

  close() {
    this.#answer = null;
    this.#page.correction.toggleAttribute("hidden", true);
  }

  /** @param {string} label "0" to "9" or "not_a_digit"; the one that is set takes it back */
  async choose(label) {
    const answer = this.#answer;
    if (!answer) return;
    const wanted = this.#chosen() === label ? null : label;
    try {
      await retry(() => correct(answer.id, wanted), (failure) => this.#result.waiting(failure));
      if (this.#answer !== answer) return;
      this.#result.notice("");
      this.#mark(wanted);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#result.failed(error);
    }
  }

  #chosen() {
    return [...this.#buttons()].find((button) => button.ariaPressed === "true")?.value ?? null;
  }

  /** @param {string | null} label */
  #mark(label) {
    for (const button of this.#buttons()) button.ariaPressed = String(button.value === label);
    this.#page.corrected.textContent =
      label === null ? "" : `Noted beside the prediction: you meant ${label === "not_a_digit" ? NOT_A_DIGIT : `a ${label}`}. Press it again to take that back.`;
  }

  #buttons() {
    return this.#page.labels.querySelectorAll("button");
  }
}
