import { tint } from "../model/explanation.js";
import { putAt } from "./place.js";

/**
 * @import {DrawPage} from "../selectors.js"
 * @import {Drawing} from "../model/drawing.js"
 * @import {Place} from "../reading/worker.js"
 */

/** Colors the ink on the paper: orange where it supports a digit or a channel, blue where it opposes it. */
export class Trace {
  #page;
  #drawing;

  /** @param {DrawPage} page @param {Drawing} drawing */
  constructor(page, drawing) {
    this.#page = page;
    this.#drawing = drawing;
  }

  /** @param {ArrayLike<number>} map 28x28 @param {Place} place of the 28x28 on the drawing */
  show(map, place) {
    const { trace, traceMap } = this.#page;
    traceMap.getContext("2d")?.putImageData(new ImageData(tint(map), 28, 28), 0, 0);
    putAt(traceMap, place, this.#drawing);
    trace.hidden = false;
  }

  hide() {
    this.#page.trace.hidden = true;
  }
}
