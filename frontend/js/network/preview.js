import { preview } from "./predict.js";
import { retry } from "./retry.js";

/**
 * @import {Failure} from "./client.js"
 * @import {Prediction} from "./predict.js"
 */

/** The shortest interval, in ms, between two previews of an unfinished stroke. */
const INTERVAL = 40;

/** Predictions while a person draws. At most one call is in flight, and the newest drawing replaces an older one. */
export class Preview {
  #onRetry;
  #waiting = false;
  #newest = {
    image: /** @type {Promise<string> | null} */ (null),
    start: -Infinity,
    controller: new AbortController(),
    prediction: /** @type {Promise<Prediction | null>} */ (Promise.resolve(null)),
  };

  /** @param {(failure: Failure) => void} onRetry called when a try failed and another will follow */
  constructor(onRetry) {
    this.#onRetry = onRetry;
  }

  /**
   * Read a finished drawing.
   * @param {Promise<string>} image data URL
   * @returns {Promise<Prediction | null>} null: replaced by a newer drawing
   */
  read(image) {
    // Most people pause before they lift the pen, so the same image may already be on its way.
    if (image !== this.#newest.image) this.#start(image);
    return this.#newest.prediction;
  }

  /**
   * Read an unfinished stroke, once the previous call is done and the interval is over. Does nothing
   * if such a reading is already scheduled.
   * @param {() => Promise<string> | null} image returns the drawing at that time as a data URL, or null to cancel
   * @returns {Promise<Prediction | null>} null: canceled, or replaced by a newer drawing
   */
  async readUnfinished(image) {
    if (this.#waiting) return null;
    this.#waiting = true;
    const rest = this.#newest.start + INTERVAL - performance.now();
    await Promise.allSettled([this.#newest.prediction, new Promise((resolve) => setTimeout(resolve, rest))]);
    this.#waiting = false;
    const current = image();
    return current && this.read(current);
  }

  stop() {
    this.#newest.controller.abort();
    this.#newest.image = null;
  }

  /** @param {Promise<string>} image */
  #start(image) {
    this.stop();
    const controller = new AbortController();
    const { signal } = controller;
    const prediction = retry(async () => preview(await image, signal), this.#onRetry, signal).catch((error) => {
      if (signal.aborted) return null;
      this.#newest.image = null; // so that the same drawing can be read again
      throw error;
    });
    this.#newest = { image, start: performance.now(), controller, prediction };
  }
}
