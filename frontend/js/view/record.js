import { correct, Failure } from "../network/api.js";
import { remove } from "../network/records.js";
import { make } from "./elements.js";
import { facts } from "./table.js";

/**
 * @import {RecorderPage} from "../selectors.js"
 * @import {Recorded} from "../network/records.js"
 */

/** One prediction, opened: its picture, what is known of it, correction and deletion. */
export class RecordDialog {
  #page;
  #onChange;
  #id = "";

  /** @param {RecorderPage} page @param {() => void} onChange after a correction or a deletion */
  constructor(page, onChange) {
    this.#page = page;
    this.#onChange = onChange;
    page.recordLabel.addEventListener("change", () => this.#try(() => correct(this.#id, page.recordLabel.value || null)));
    page.recordDelete.addEventListener("click", () => {
      page.sure.returnValue = "";
      page.sure.showModal();
    });
    page.sure.addEventListener("close", () => {
      if (page.sure.returnValue !== "delete") return;
      void this.#try(async () => {
        await remove(this.#id);
        page.record.close();
      });
    });
  }

  /** @param {Recorded} record */
  open(record) {
    const page = this.#page;
    this.#id = record.id;
    this.#say("");
    page.recordPicture.src = `/records/${record.id}/image.png`;
    page.recordLabel.value = record.label ?? "";
    page.recordOpen.href = `/?record=${record.id}`;
    page.recordFacts.replaceChildren(
      ...facts(record).map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))),
    );
    page.record.showModal();
  }

  /** @param {() => Promise<void>} act */
  async #try(act) {
    try {
      await act();
      this.#say("");
      this.#onChange();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#say(error.message);
    }
  }

  /** @param {string} text */
  #say(text) {
    this.#page.recordSaid.textContent = text;
  }
}
