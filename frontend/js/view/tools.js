import { SIZE } from "../model/geometry.js";

/**
 * @import {DrawPage} from "../selectors.js"
 * @import {Drawing} from "../model/drawing.js"
 */

/** Wide paper covers this share of the window's height, unless it would be wider than WIDEST, in canvas units. */
const SHARE = 0.45;
const WIDEST = 1120;

/** The toolbar: pen or eraser, pen width, undo and redo, wide paper; and whether touch draws. */
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
    page.wide.addEventListener("click", () => drawing.setWidth(drawing.width > SIZE ? SIZE : this.#widest()));
    page.fingers.addEventListener("click", () => (this.penOnly = false));
    drawing.listen((change) => {
      if (change === "new") this.erasing = false; // on blank paper it would erase nothing
      const wide = drawing.width > SIZE;
      page.draw.classList.toggle("wide", wide);
      page.wide.ariaPressed = String(wide);
      page.undo.ariaDisabled = String(!drawing.canUndo);
      page.redo.ariaDisabled = String(!drawing.canRedo);
    });
  }

  /** The width of paper, in canvas units, that uses all of the screen's width and a good part of its height. */
  #widest() {
    const { paddingLeft, paddingRight } = getComputedStyle(this.#page.draw);
    const room = this.#page.draw.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
    return Math.min(WIDEST, Math.max(2 * SIZE, Math.round((SIZE * room) / (SHARE * innerHeight))));
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
