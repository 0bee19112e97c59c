/**
 * @import {DrawPage} from "../selectors.js"
 * @import {Drawing} from "../model/drawing.js"
 */

/** The toolbar: pen or eraser, pen width, undo and redo; and whether touch draws. */
export class Tools {
  #page;
  #penOnly = false;

  /** @param {DrawPage} page @param {Drawing} drawing */
  constructor(page, drawing) {
    this.#page = page;
    page.pen.addEventListener("click", () => (this.erasing = false));
    page.eraser.addEventListener("click", () => (this.erasing = true));
    page.undo.addEventListener("click", () => drawing.undo());
    page.redo.addEventListener("click", () => drawing.redo());
    page.fingers.addEventListener("click", () => (this.penOnly = false));
    drawing.listen(() => {
      page.undo.ariaDisabled = String(!drawing.canUndo);
      page.redo.ariaDisabled = String(!drawing.canRedo);
    });
  }

  get erasing() {
    return this.#page.eraser.ariaPressed === "true";
  }

  set erasing(on) {
    this.#page.eraser.ariaPressed = String(on);
    this.#page.pen.ariaPressed = String(!on);
  }

  /** Pen width in canvas units. */
  get width() {
    return this.#page.width.valueAsNumber;
  }

  /** The pen width before anyone changed it. */
  get defaultWidth() {
    return Number(this.#page.width.defaultValue);
  }

  get eraserWidth() {
    return 1.5 * this.width;
  }

  /** @param {1 | -1} direction */
  widen(direction) {
    if (direction > 0) this.#page.width.stepUp();
    else this.#page.width.stepDown();
  }

  /** Whether touches are ignored because a pen was used. */
  get penOnly() {
    return this.#penOnly;
  }

  set penOnly(on) {
    this.#penOnly = on;
    this.#page.fingers.hidden = !on;
  }
}
