import { isNumber, labelText, NUMBER, shortPercent } from "../model/text.js";
import { Failure, HOME } from "../network/client.js";
import { explainEvidence } from "../network/explanation.js";
import { correctRecord, deleteRecord, fetchImage, fetchStrokes, imageAddress } from "../network/records.js";
import { hasSecret } from "../network/secrets.js";
import { text } from "../texts.js";
import { make } from "./elements.js";
import { evidenceFigure } from "./evidence.js";
import { facts } from "./table.js";

/**
 * @import {RecorderPage} from "../selectors.js"
 * @import {NumberDigit} from "../network/predict.js"
 * @import {PredictionRecord} from "../network/records.js"
 */

/** The dialog of one prediction: its drawing, probabilities and details, why it was read so, correction and deletion. */
export class RecordDialog {
  #page;
  #onChange;
  #id = "";
  /** @type {PredictionRecord | null} */
  #record = null;
  /** The index of the digit that Why explains; null: the drawing is no number. @type {number | null} */
  #digit = null;

  /**
   * @param {RecorderPage} page
   * @param {object} handlers
   * @param {() => void} handlers.onChange after a correction or a deletion
   * @param {(step: 1 | -1) => void} handlers.onStep to the next prediction (1), which is older, or the previous one (-1)
   * @param {() => void} handlers.onClose
   */
  constructor(page, { onChange, onStep, onClose }) {
    this.#page = page;
    this.#onChange = onChange;
    page.recordPicture.addEventListener("error", () => this.#showPicture(false));
    page.recordWhy.addEventListener("click", () => {
      page.recordWhy.ariaPressed = String(page.recordWhy.ariaPressed !== "true");
      void this.#explain();
    });
    page.recordNewer.addEventListener("click", () => onStep(-1));
    page.recordOlder.addEventListener("click", () => onStep(1));
    page.record.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: /** @type {const} */ (-1), ArrowRight: /** @type {const} */ (1) }[event.key];
      if (step && !(event.target instanceof HTMLSelectElement || event.target instanceof HTMLInputElement)) onStep(step);
    });
    page.record.addEventListener("close", onClose);
    page.recordLabel.addEventListener("change", () => {
      page.recordNumber.hidden = page.recordLabel.value !== NUMBER;
      if (!page.recordNumber.hidden) return page.recordNumber.focus();
      void this.#change(() => correctRecord(this.#id, page.recordLabel.value || null));
    });
    page.recordNumber.addEventListener("change", () => {
      if (!page.recordNumber.reportValidity()) return;
      void this.#change(() => correctRecord(this.#id, page.recordNumber.value || null));
    });
    page.recordDelete.addEventListener("click", () => {
      page.confirmDelete.returnValue = "";
      page.confirmDelete.showModal();
    });
    page.confirmDelete.addEventListener("close", () => {
      if (page.confirmDelete.returnValue !== "delete") return;
      void this.#change(async () => {
        await deleteRecord(this.#id);
        page.record.close();
      });
    });
  }

  /**
   * Show a prediction; open the dialog, if it is closed.
   * @param {PredictionRecord} record
   * @param {object} options
   * @param {boolean} options.mayChangeAll false: only those that this tab made
   * @param {boolean} options.newer whether there is a newer prediction to go to
   * @param {boolean} options.older
   */
  open(record, { mayChangeAll, newer, older }) {
    const page = this.#page;
    this.#id = record.id;
    this.#record = record;
    this.#digit = record.digits ? record.digits.length - 1 : null;
    this.#showError("");
    this.#showPicture(true);
    page.recordPicture.src = imageAddress(record);
    page.recordCorrection.hidden = page.recordDelete.hidden = !(mayChangeAll || hasSecret(record.id));
    const { label } = record;
    const number = label !== null && isNumber(label) ? label : "";
    page.recordLabel.value = number ? NUMBER : (label ?? "");
    page.recordNumber.hidden = number === "" || page.recordCorrection.hidden;
    page.recordNumber.value = number;
    page.recordOpen.href = `${HOME}?record=${record.id}`;
    page.recordTitle.textContent = text("read_as", { label: labelText(record.result) });
    page.recordProbabilities.tBodies[0].replaceChildren(...(record.digits ? this.#digitRows(record.digits) : record.probabilities.map(probabilityRow)));
    page.recordFacts.replaceChildren(
      ...facts(record).map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))),
    );
    // Not `disabled`, which would take the focus from a button that is pressed repeatedly.
    page.recordNewer.ariaDisabled = String(!newer);
    page.recordOlder.ariaDisabled = String(!older);
    if (!page.record.open) page.record.showModal();
    void this.#explain();
  }

  /** The digits of a number, each with a button by which Why explains it. @param {NumberDigit[]} digits */
  #digitRows(digits) {
    const buttons = digits.map(({ digit }, i) => {
      const button = make("button", { className: "quiet", ariaPressed: String(i === this.#digit) }, String(digit));
      button.addEventListener("click", () => {
        this.#digit = i;
        buttons.forEach((each, k) => (each.ariaPressed = String(k === i)));
        rows.forEach((each, k) => each.classList.toggle("best", k === i));
        void this.#explain();
      });
      return button;
    });
    const rows = digits.map(({ confidence }, i) => row(buttons[i], confidence, i === this.#digit));
    return rows;
  }

  /** Show which ink supports the result, if Why is pressed. */
  async #explain() {
    const { recordWhy, recordEvidence, recordPicture } = this.#page;
    const id = this.#id;
    recordEvidence.replaceChildren();
    recordPicture.classList.remove("explained");
    if (recordWhy.ariaPressed !== "true" || recordWhy.hidden) return;
    await this.#try(async () => {
      const digit = this.#digit;
      const image = await dataURL(await fetchImage(id));
      const strokes = digit === null ? null : await fetchStrokes(id);
      const request = { image, ...(strokes && { strokes, pen_widths: this.#record?.pen_widths ?? undefined }) };
      const figure = evidenceFigure(await explainEvidence(request, digit), recordPicture.src);
      if (id !== this.#id || digit !== this.#digit || recordWhy.ariaPressed !== "true") return;
      recordEvidence.replaceChildren(figure);
      recordPicture.classList.add("explained");
    });
  }

  /** @param {boolean} available false: the server did not keep the drawing, or can't be reached */
  #showPicture(available) {
    const { recordPicture, recordNoPicture, recordOpen, recordWhy } = this.#page;
    recordPicture.hidden = recordOpen.hidden = recordWhy.hidden = !available;
    recordNoPicture.hidden = available;
  }

  /** @param {() => Promise<void>} action */
  async #change(action) {
    if (await this.#try(action)) this.#onChange();
  }

  /** @param {() => Promise<void>} action @returns {Promise<boolean>} whether it succeeded */
  async #try(action) {
    try {
      await action();
      this.#showError("");
      return true;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#showError(error.message);
      return false;
    }
  }

  /** @param {string} sentence */
  #showError(sentence) {
    this.#page.recordError.textContent = sentence;
  }
}

/** @param {number} probability @param {number} digit @param {number[]} all */
function probabilityRow(probability, digit, all) {
  return row(String(digit), probability, probability === Math.max(...all));
}

/** @param {string | Node} heading @param {number} probability @param {boolean} best */
function row(heading, probability, best) {
  const bar = make("div", { className: "bar" });
  bar.style.setProperty("--fraction", String(probability));
  return make(
    "tr",
    { className: best ? "best" : "" },
    make("th", { scope: "row" }, heading),
    make("td", {}, bar),
    make("td", {}, shortPercent(probability)),
  );
}

/** @param {Blob} blob @returns {Promise<string>} */
function dataURL(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result)));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(blob);
  });
}
