import { erase, extendPaths, SIZE } from "./geometry.js";

/**
 * @import {Point, Rectangle, Stroke} from "./geometry.js"
 * @typedef {{url: string, bitmap: ImageBitmap, borderColor: string, name: string}} Picture a picture file on the canvas
 * @typedef {{strokes: readonly Stroke[], picture: Picture | null, eraserPaths: readonly Stroke[], width: number,
 *   box: Rectangle | null}} State eraserPaths: where the eraser passed over the picture; width: of the paper; box: the part of
 *   the picture that a person chose to have read; null: the digit is found wherever it is
 * @typedef {"progress" | "step" | "new"} Change progress: a stroke, the eraser or the box is moving. step: something that can
 *   be undone. new: a step, to blank paper or another picture
 */

/** @type {State} */
const BLANK = { strokes: [], picture: null, eraserPaths: [], width: SIZE, box: null };

/** The content of the canvas, with undo and redo. States are immutable. */
export class Drawing {
  #state = BLANK;
  /** @type {State[]} */
  #past = [];
  /** @type {State[]} */
  #future = [];
  /** Unfinished strokes by pointer id. @type {Map<number, {points: Point[], width: number}>} */
  #unfinished = new Map();
  /** The state before the eraser was put down or the box was grabbed. @type {State | null} */
  #before = null;
  /** @type {((change: Change) => void)[]} */
  #listeners = [];

  /** The number of steps so far; tells whether a response still belongs to the drawing. */
  version = 0;

  /** @param {(change: Change) => void} listener called after each change */
  listen(listener) {
    this.#listeners.push(listener);
  }

  /** Includes unfinished strokes. @returns {readonly Stroke[]} */
  get strokes() {
    return [...this.#state.strokes, ...this.#unfinished.values()];
  }

  get picture() {
    return this.#state.picture;
  }

  get eraserPaths() {
    return this.#state.eraserPaths;
  }

  /** Of the paper, in canvas units; its height is SIZE. */
  get width() {
    return this.#state.width;
  }

  /** The part of the picture that a person chose to have read; null: the digit is found wherever it is. */
  get box() {
    return this.#state.box;
  }

  get blank() {
    return !this.picture && this.strokes.length === 0;
  }

  /** Whether a stroke is unfinished, the eraser is down or the box is moving. */
  get inProgress() {
    return this.#unfinished.size > 0 || this.#before !== null;
  }

  /** True from the first point on, although an unfinished stroke can be undone only once it ends. */
  get canUndo() {
    return this.#past.length > 0 || this.inProgress;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /** Begin a stroke; each pointer draws its own. @param {number} pointer @param {Point} point @param {number} width */
  begin(pointer, point, width) {
    this.#unfinished.set(pointer, { points: [point], width });
    this.#notify("progress");
  }

  /** @param {number} pointer @param {Point[]} points */
  extend(pointer, points) {
    const stroke = this.#unfinished.get(pointer);
    if (!stroke) return;
    stroke.points.push(...points);
    this.#notify("progress");
  }

  /** @param {number} pointer */
  end(pointer) {
    const stroke = this.#unfinished.get(pointer);
    if (!stroke) return;
    this.#unfinished.delete(pointer);
    this.#step({ ...this.#state, strokes: [...this.#state.strokes, stroke] });
  }

  /** Discard an unfinished stroke, such as that of a palm. @param {number} pointer */
  cancel(pointer) {
    if (this.#unfinished.delete(pointer)) this.#notify("progress");
  }

  /** Move the eraser. All moves until `endMove` are one step. @param {Point} from @param {Point} to @param {number} radius */
  erase(from, to, radius) {
    this.#before ??= this.#state;
    const { strokes, picture, eraserPaths } = this.#state;
    this.#state = {
      ...this.#state,
      strokes: erase(strokes, from, to, radius),
      eraserPaths: picture ? extendPaths(eraserPaths, from, to, 2 * radius) : eraserPaths,
    };
    this.#notify("progress");
  }

  /** Have only a part of the picture read. All moves until `endMove` are one step. @param {Rectangle} box */
  moveBox(box) {
    if (!this.picture) return;
    this.#before ??= this.#state;
    this.#state = { ...this.#state, box };
    this.#notify("progress");
  }

  /** The eraser or the box was let go. */
  endMove() {
    const [before, after] = [this.#before, this.#state];
    this.#before = null;
    if (!before || (before.strokes === after.strokes && before.eraserPaths === after.eraserPaths && before.box === after.box)) return;
    this.#state = before;
    this.#step(after);
  }

  /** Have the digit found again, wherever it is. */
  removeBox() {
    this.endMove();
    if (this.box) this.#step({ ...this.#state, box: null });
  }

  /** What is on the canvas, without unfinished strokes. */
  get state() {
    return this.#state;
  }

  /** Go back to a state of an earlier visit. @param {State} state */
  restore(state) {
    this.#step(state);
  }

  /** Replace everything on the canvas. @param {Picture} picture */
  setPicture(picture) {
    this.#step({ ...BLANK, picture }, "new");
  }

  clear() {
    if (this.blank) return this.#notify("new");
    this.#unfinished.clear();
    this.#step({ ...BLANK, width: this.width }, "new");
  }

  /** Take paper of another width. What does not fit on it stays on the old one. @param {number} width */
  setWidth(width) {
    const { strokes, picture } = this.#state;
    const fits = !picture && strokes.every(({ points }) => points.every(({ x }) => x <= width));
    this.#unfinished.clear();
    if (fits) this.#step({ ...this.#state, width });
    else this.#step({ ...BLANK, width }, "new");
  }

  undo() {
    const state = this.#past.pop();
    if (!state) return;
    this.#future.push(this.#state);
    this.#go(state);
  }

  redo() {
    const state = this.#future.pop();
    if (!state) return;
    this.#past.push(this.#state);
    this.#go(state);
  }

  /** @param {State} state @param {Change} change */
  #step(state, change = "step") {
    this.#past.push(this.#state);
    this.#future = [];
    this.#go(state, change);
  }

  /** @param {State} state @param {Change} change */
  #go(state, change = "step") {
    this.#state = state;
    this.version += 1;
    this.#notify(change);
  }

  /** @param {Change} change */
  #notify(change) {
    for (const listener of this.#listeners) listener(change);
  }
}
