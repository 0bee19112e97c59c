import { boxAround, moveBox, resizeBox } from "../model/box.js";
import { SIZE, toCanvas } from "../model/geometry.js";
import { wholePercent } from "../model/text.js";
import { text } from "../texts.js";
import { make } from "./elements.js";
import { ARROWS } from "./keyboard.js";
import { onPaper, put } from "./place.js";
import { loadStyles } from "./styles.js";

/**
 * @import {Corner} from "../model/box.js"
 * @import {Drawing} from "../model/drawing.js"
 * @import {Point, Rectangle} from "../model/geometry.js"
 * @import {Box} from "../network/predict.js"
 * @import {DrawPage} from "../selectors.js"
 */

await loadStyles("box.css");

/** How far one key press moves the box or its corner, in canvas units. */
const STEP = 5;

/** @type {Corner[]} */
const CORNERS = ["nw", "ne", "sw", "se"];

/**
 * The box around what is read in a picture: where the digit was found, until a person moves or resizes it. Pens draw through
 * it; its edge moves it, and its corners resize it.
 */
export class PictureBox {
  #page;
  #drawing;
  /** Where the digit was found. @type {Rectangle | null} */
  #found = null;
  #box;
  #again = make("button", { className: "quiet find-again" }, text("draw.box_again"));

  /** @param {DrawPage} page @param {Drawing} drawing */
  constructor(page, drawing) {
    this.#page = page;
    this.#drawing = drawing;
    const edge = make("div", { className: "edge" });
    this.#followPointer(edge, moveBox);
    const corners = CORNERS.map((corner) => {
      const handle = make("div", { className: `corner ${corner}` });
      this.#followPointer(handle, (box, dx, dy) => resizeBox(box, corner, dx, dy));
      return handle;
    });
    this.#box = make(
      "div",
      { className: "picture-box", role: "application", ariaRoleDescription: text("draw.box_role"), ariaLabel: text("draw.box"), tabIndex: 0 },
      edge,
      ...corners,
    );
    const help = make("p", { id: "box-help", className: "visually-hidden" }, text("draw.box_keys"));
    this.#box.setAttribute("aria-describedby", help.id);
    this.#box.addEventListener("keydown", (event) => this.#onKey(event));
    for (const end of ["keyup", "blur"]) this.#box.addEventListener(end, () => drawing.endMove());
    this.#again.addEventListener("click", () => {
      drawing.removeBox();
      this.#box.focus();
    });
    page.paper.append(this.#box, this.#again, help);
    drawing.listen((change) => {
      if (change === "new") this.#found = null; // it was on the picture before
      this.#show();
    });
    this.#show();
  }

  /** Where the picture was read. @param {Box} box */
  found([left, top, width, height]) {
    if (!this.#drawing.picture || this.#drawing.box) return;
    this.#found = boxAround(onPaper({ left, top, width, height }, this.#drawing));
    this.#show();
  }

  get #place() {
    return this.#drawing.picture && (this.#drawing.box ?? this.#found);
  }

  #show() {
    const place = this.#place;
    this.#box.hidden = !place;
    this.#box.classList.toggle("chosen", this.#drawing.box !== null);
    this.#again.hidden = this.#drawing.box === null;
    if (!place) return;
    put(this.#box, place);
    this.#again.classList.toggle("above", place.y + place.height / 2 > SIZE / 2); // where it covers less of the box
  }

  /** @param {HTMLElement} handle @param {(box: Rectangle, dx: number, dy: number) => Rectangle} change of the box when the handle is moved */
  #followPointer(handle, change) {
    /** @type {{place: Rectangle, point: Point} | null} */
    let start = null;
    /** @param {PointerEvent} event */
    const here = (event) => toCanvas(event, this.#page.canvas.getBoundingClientRect(), SIZE);
    handle.addEventListener("pointerdown", (event) => {
      if (!this.#place || start || event.button !== 0) return;
      handle.setPointerCapture(event.pointerId);
      start = { place: this.#place, point: here(event) };
    });
    handle.addEventListener("pointermove", (event) => {
      if (!start) return;
      const { x, y } = here(event);
      this.#drawing.moveBox(change(start.place, x - start.point.x, y - start.point.y));
    });
    handle.addEventListener("lostpointercapture", () => {
      start = null;
      this.#drawing.endMove();
    });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.#place) return;
    if (event.key in ARROWS) {
      const [dx, dy] = ARROWS[event.key].map((direction) => STEP * direction);
      const place = event.shiftKey ? resizeBox(this.#place, "se", dx, dy) : moveBox(this.#place, dx, dy);
      this.#drawing.moveBox(place);
      const [across, down, width, height] = [place.x, place.y, place.width, place.height].map((length) => wholePercent(length / SIZE));
      this.#page.announcement.textContent = text("draw.box_position", { across, down, width, height });
    } else if (event.key === "Escape") {
      this.#drawing.removeBox();
    } else {
      return;
    }
    event.preventDefault();
  }
}
