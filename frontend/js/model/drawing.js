import { erase, extended } from "./geometry.js";

/**
 * @import {Point, Stroke} from "./geometry.js"
 * @typedef {{url: string, bitmap: ImageBitmap, paper: string, name: string}} Picture a picture that was put on the
 *   canvas; paper: the color of its border
 * @typedef {{strokes: readonly Stroke[], picture: Picture | null, erased: readonly Stroke[]}} State erased: where the
 *   eraser went over the picture
 * @typedef {"ink" | "step"} Change ink: a stroke grows. step: something was done that undo takes back
 */

/** @type {State} */
const BLANK = { strokes: [], picture: null, erased: [] };

/** What is on the canvas, and the way back. States are never changed, only replaced. */
export class Drawing {
  #state = BLANK;
  /** @type {State[]} */
  #past = [];
  /** @type {State[]} */
  #future = [];
  /** Strokes whose pointer is still down. @type {Map<number, {points: Point[], width: number}>} */
  #growing = new Map();
  /** The state before the eraser came down. @type {State | null} */
  #beforeErasing = null;
  /** @type {((change: Change) => void)[]} */
  #listeners = [];

  /** How often the drawing changed by a step: tells whether an answer still belongs to it. */
  version = 0;

  /** @param {(change: Change) => void} listener called after each change */
  listen(listener) {
    this.#listeners.push(listener);
  }

  /** @returns {readonly Stroke[]} */
  get strokes() {
    return [...this.#state.strokes, ...this.#growing.values()];
  }

  get picture() {
    return this.#state.picture;
  }

  get erased() {
    return this.#state.erased;
  }

  get blank() {
    return !this.picture && this.strokes.length === 0;
  }

  /** Whether a pointer is at work. */
  get growing() {
    return this.#growing.size > 0 || this.#beforeErasing !== null;
  }

  /** Also what is being drawn, once the pen is lifted. */
  get canUndo() {
    return this.#past.length > 0 || this.growing;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /** @param {number} pointer one stroke for each pointer @param {Point} point @param {number} width */
  begin(pointer, point, width) {
    this.#growing.set(pointer, { points: [point], width });
    this.#tell("ink");
  }

  /** @param {number} pointer @param {Point[]} points */
  extend(pointer, points) {
    const stroke = this.#growing.get(pointer);
    if (!stroke) return;
    stroke.points.push(...points);
    this.#tell("ink");
  }

  /** @param {number} pointer */
  end(pointer) {
    const stroke = this.#growing.get(pointer);
    if (!stroke) return;
    this.#growing.delete(pointer);
    this.#step({ ...this.#state, strokes: [...this.#state.strokes, stroke] });
  }

  /** Forget a stroke that was not meant, such as a palm's. @param {number} pointer */
  cancel(pointer) {
    if (this.#growing.delete(pointer)) this.#tell("ink");
  }

  /** Move the eraser; all of its way until `endErase` is one step. @param {Point} from @param {Point} to @param {number} radius */
  erase(from, to, radius) {
    this.#beforeErasing ??= this.#state;
    const { strokes, picture, erased } = this.#state;
    this.#state = {
      strokes: erase(strokes, from, to, radius),
      picture,
      erased: picture ? extended(erased, from, to, 2 * radius) : erased,
    };
    this.#tell("ink");
  }

  endErase() {
    const [before, after] = [this.#beforeErasing, this.#state];
    this.#beforeErasing = null;
    if (!before || (before.strokes === after.strokes && before.erased === after.erased)) return;
    this.#state = before;
    this.#step(after);
  }

  /** @param {Picture} picture takes the place of all that was drawn */
  put(picture) {
    this.#step({ ...BLANK, picture });
  }

  clear() {
    if (this.blank) return;
    this.#growing.clear();
    this.#step(BLANK);
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

  /** @param {State} state */
  #step(state) {
    this.#past.push(this.#state);
    this.#future = [];
    this.#go(state);
  }

  /** @param {State} state */
  #go(state) {
    this.#state = state;
    this.version += 1;
    this.#tell("step");
  }

  /** @param {Change} change */
  #tell(change) {
    for (const listener of this.#listeners) listener(change);
  }
}
