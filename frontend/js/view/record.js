import { Failure } from "../network/client.js";
import { correctRecord, deleteRecord } from "../network/records.js";
import { hasSecret } from "../network/secrets.js";
import { make } from "./elements.js";
import { facts } from "./table.js";

/**
 * @import {RecorderPage} from "../selectors.js"
 * @import {PredictionRecord} from "../network/records.js"
 */

/** The dialog of one prediction: its drawing and details, correction and deletion. */
export class RecordDialog {
  #page;
  #onChange;
  #id = "";

  /** @param {RecorderPage} page @param {() => void} onChange after a correction or a deletion */
  constructor(page, onChange) {
    this.#page = page;
    this.#onChange = onChange;
    page.recordPicture.addEventListener("error", () => this.#showPicture(false));
    page.recordLabel.addEventListener("change", () => this.#try(() => correctRecord(this.#id, page.recordLabel.value || null)));
    page.recordDelete.addEventListener("click", () => {
      page.confirmDelete.returnValue = "";
      page.confirmDelete.showModal();
    });
    page.confirmDelete.addEventListener("close", () => {
      if (page.confirmDelete.returnValue !== "delete") return;
      void this.#try(async () => {
        await deleteRecord(this.#id);
        page.record.close();
      });
    });
  }

  /** @param {PredictionRecord} record @param {boolean} mayChangeAll false: only those that this tab made */
  open(record, mayChangeAll) {
    const page = this.#page;
    this.#id = record.id;
    this.#showError("");
    this.#showPicture(true);
    page.recordPicture.src = `/records/${record.id}/image.png`;
    page.recordCorrection.hidden = page.recordDelete.hidden = !(mayChangeAll || hasSecret(record.id));
    page.recordLabel.value = record.label ?? "";
    page.recordOpen.href = `/?record=${record.id}`;
    page.recordFacts.replaceChildren(
      ...facts(record).map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))),
    );
    page.record.showModal();
  }

  /** @param {boolean} available false: the server did not keep the drawing, or can't be reached */
  #showPicture(available) {
    const { recordPicture, recordNoPicture, recordOpen } = this.#page;
    recordPicture.hidden = recordOpen.hidden = !available;
    recordNoPicture.hidden = available;
  }

  /** @param {() => Promise<void>} action */
  async #try(action) {
    try {
      await action();
      this.#showError("");
      this.#onChange();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#showError(error.message);
    }
  }

  /** @param {string} text */
  #showError(text) {
    this.#page.recordError.textContent = text;
  }
}
