import { preview } from "./predict.js";
import { retry } from "./retry.js";

/**
 * @import {Stroke} from "../model/geometry.js"
 * @import {LocalReader} from "../reading/local.js"
 * @import {Failure} from "./client.js"
 * @import {Reading} from "./predict.js"
 * @typedef {{image: Promise<string>, strokes: readonly Stroke[] | null}} Input image: data URL; strokes: null if the drawing
 *   has a picture
 */

/** The shortest interval, in ms, between two previews of an unfinished stroke. */
const INTERVAL = 40;

/**
 * Readings while a person draws: in this browser once its network is loaded, except for pictures; otherwise on the
 * server. At most one call is in flight, and the newest drawing replaces an older one.
 */
export class Preview {
  #onRetry;
  /** Set once its network is loaded. @type {LocalReader | null} */
  local = null;
  #waiting = false;
  #newest = {
    image: /** @type {Promise<string> | null} */ (null),
    start: -Infinity,
    controller: new AbortController(),
    reading: /** @type {Promise<Reading | null>} */ (Promise.resolve(null)),
  };

  /** @param {(failure: Failure) => void} onRetry called when a try failed and another will follow */
  constructor(onRetry) {
    this.#onRetry = onRetry;
  }

  /**
   * Read a finished drawing.
   * @param {Input} input
   * @returns {Promise<Reading | null>} null: replaced by a newer drawing
   */
  read(input) {
    // Most people pause before they lift the pen, so the same image may already be on its way.
    if (input.image !== this.#newest.image) this.#start(input);
    return this.#newest.reading;
  }

  /**
   * Read an unfinished stroke, once the previous call is done and the interval is over. Does nothing
   * if such a reading is already scheduled.
   * @param {() => Input | null} input returns the drawing at that time, or null to cancel
   * @returns {Promise<Reading | null>} null: canceled, or replaced by a newer drawing
   */
  async readUnfinished(input) {
    if (this.#waiting) return null;
    this.#waiting = true;
    const rest = this.#newest.start + INTERVAL - performance.now();
    await Promise.allSettled([this.#newest.reading, new Promise((resolve) => setTimeout(resolve, rest))]);
    this.#waiting = false;
    const current = input();
    return current && this.read(current);
  }

  stop() {
    this.#newest.controller.abort();
    this.#newest.image = null;
  }

  /** @param {Input} input */
  #start({ image, strokes }) {
    this.stop();
    const controller = new AbortController();
    const { signal } = controller;
    const reading = (
      this.local && strokes
        ? this.local.read(strokes)
        : retry(async () => preview(await image, signal), this.#onRetry, signal)
    ).then((reading) => (signal.aborted ? null : reading), (error) => {
      if (signal.aborted) return null;
      this.#newest.image = null; // so that the same drawing can be read again
      throw error;
    });
    this.#newest = { image, start: performance.now(), controller, reading };
  }
}
