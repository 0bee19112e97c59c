import { labelText, NOT_A_DIGIT, withArticle } from "../model/text.js";
import { Failure } from "../network/client.js";
import { correctRecord, deleteRecord } from "../network/records.js";
import { retry } from "../network/retry.js";
import { make } from "./elements.js";

/**
 * @import {DrawPage} from "../selectors.js"
 * @import {Prediction} from "../network/predict.js"
 * @import {Result} from "./result.js"
 */

const LABELS = [..."0123456789", "not_a_digit"];

/** The buttons that correct the prediction that was just recorded. */
export class Correction {
  #page;
  #result;
  /** @type {Prediction | null} */
  #prediction = null;

  /** @param {DrawPage} page @param {Result} result */
  constructor(page, result) {
    this.#page = page;
    this.#result = result;
    page.labels.append(
      ...LABELS.map((label) => {
        const button = make("button", { className: "label", value: label }, labelText(label));
        button.addEventListener("click", () => this.choose(label));
        return button;
      }),
    );
    page.deleteRecord.addEventListener("click", () => void this.#delete());
  }

  /** @param {Prediction} prediction that was recorded */
  open(prediction) {
    this.#prediction = prediction;
    this.#mark(null);
    this.#page.correction.hidden = false;
  }

  close() {
    this.#prediction = null;
    this.#page.correction.toggleAttribute("hidden", true);
  }

  /** @param {string} label "0" to "9" or "not_a_digit"; choosing the current label again removes it */
  async choose(label) {
    const prediction = this.#prediction;
    if (!prediction) return;
    const wanted = this.#chosen() === label ? null : label;
    try {
      await retry(() => correctRecord(prediction.id, wanted), (failure) => this.#result.retrying(failure));
      if (this.#prediction !== prediction) return;
      this.#result.notice("");
      this.#mark(wanted);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#result.failed(error);
    }
  }

  async #delete() {
    const prediction = this.#prediction;
    if (!prediction) return;
    try {
      await retry(() => deleteRecord(prediction.id), (failure) => this.#result.retrying(failure));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // A try whose response was lost may have deleted it.
      if (error.code !== "unknown_record") return this.#result.failed(error);
    }
    if (this.#prediction !== prediction) return;
    this.close();
    this.#result.deleted();
  }

  #chosen() {
    return [...this.#buttons()].find((button) => button.ariaPressed === "true")?.value ?? null;
  }

  /** @param {string | null} label */
  #mark(label) {
    for (const button of this.#buttons()) button.ariaPressed = String(button.value === label);
    const meant = label === "not_a_digit" ? NOT_A_DIGIT : label && withArticle(label);
    this.#page.corrected.textContent = meant ? `Correction saved: ${meant}. Press the same button again to remove it.` : "";
  }

  #buttons() {
    return this.#page.labels.querySelectorAll("button");
  }
}
