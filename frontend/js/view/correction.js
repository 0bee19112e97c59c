import { isNumber, LABELS, labelText, withArticle } from "../model/text.js";
import { Failure } from "../network/client.js";
import { retry } from "../network/retry.js";
import { text } from "../texts.js";
import { make } from "./elements.js";

/**
 * @import {DrawPage} from "../selectors.js"
 * @import {Prediction} from "../network/predict.js"
 * @import {Result} from "./result.js"
 */

/** Loaded with the first prediction, which keeps the first view small. */
const records = () => import("../network/records.js");

/** The buttons that correct the prediction that was just recorded. */
export class Correction {
  #page;
  #result;
  #number;
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
    this.#number = make("input", {
      className: "label number",
      pattern: page.expected.pattern,
      maxLength: 40,
      placeholder: text("draw.another_number"),
      ariaLabel: text("draw.another_number_label"),
    });
    this.#number.addEventListener("change", () => {
      if (this.#number.reportValidity()) void this.choose(this.#number.value || null);
    });
    page.labels.append(this.#number);
    page.deleteRecord.addEventListener("click", () => void this.#delete());
  }

  /** @param {Prediction} prediction that was recorded */
  open(prediction) {
    this.#prediction = prediction;
    void records();
    this.#mark(null);
    this.#page.correction.hidden = false;
  }

  close() {
    this.#prediction = null;
    this.#page.correction.toggleAttribute("hidden", true);
  }

  /**
   * @param {string | null} label "0" to "9", a number or "not_a_digit"; null, or choosing the current label again, removes it
   */
  async choose(label) {
    const prediction = this.#prediction;
    if (!prediction) return;
    const wanted = this.#chosen() === label ? null : label;
    try {
      const { correctRecord } = await records();
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
      const { deleteRecord } = await records();
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
    const number = label !== null && isNumber(label);
    this.#number.value = number ? label : "";
    const meant = /^\d$/.test(label ?? "") ? withArticle(String(label)) : labelText(label ?? "");
    this.#page.corrected.textContent = meant && text(number ? "draw.corrected_number" : "draw.corrected", { label: meant });
  }

  #buttons() {
    return this.#page.labels.querySelectorAll("button");
  }
}
