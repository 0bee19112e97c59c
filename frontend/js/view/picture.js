import { Failure } from "../network/client.js";
import { text } from "../texts.js";

/**
 * @import {DrawPage} from "../selectors.js"
 * @import {Drawing} from "../model/drawing.js"
 */

/**
 * Set up the ways to put a picture on the canvas: choose a file, take a photo, drop or paste.
 * @param {DrawPage} page
 * @param {Drawing} drawing
 * @param {(sentence: string) => void} onError
 */
export function setUpPictures(page, drawing, onError) {
  /** @param {File | undefined} file */
  async function show(file) {
    if (!file) return;
    const { readPicture } = await import("./picture_file.js");
    try {
      drawing.setPicture(await readPicture(file));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      onError(text("draw.not_a_picture", { name: file.name, problem: error.message }));
    }
  }

  page.choose.addEventListener("click", () => page.file.click());
  page.file.addEventListener("change", () => {
    void show(page.file.files?.[0]);
    page.file.value = ""; // so that the same file can be chosen again
  });
  page.paper.addEventListener("dragover", (event) => {
    event.preventDefault();
    page.paper.classList.add("dropping");
  });
  page.paper.addEventListener("dragleave", () => page.paper.classList.remove("dropping"));
  page.paper.addEventListener("drop", (event) => {
    event.preventDefault();
    page.paper.classList.remove("dropping");
    void show(event.dataTransfer?.files[0]);
  });
  addEventListener("paste", (event) => void show(event.clipboardData?.files[0]));
}
