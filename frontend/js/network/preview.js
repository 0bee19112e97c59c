import { preview } from "./api.js";
import { retry } from "./retry.js";

/**
 * @import {Answer, Failure} from "./api.js"
 */

/** The least time, in ms, between two readings of a stroke that grows. */
const PAUSE = 40;

/** Live readings of a drawing that changes: the newest wins, at most one call is in flight. */
export class Preview {
  #tell;
  #glimpsing = false;
  #newest = {
    image: /** @type {Promise<string> | null} */ (null),
    start: -Infinity,
    controller: new AbortController(),
    answer: /** @type {Promise<Answer | null>} */ (Promise.resolve(null)),
  };

  /** @param {(failure: Failure) => void} tell told when a try failed and another will follow */
  constructor(tell) {
    this.#tell = tell;
  }

  /**
   * @param {Promise<string>} image data URL
   * @returns {Promise<Answer | null>} null if a newer one took its place
   */
  read(image) {
    // Most people rest a moment before they lift the pen: what they drew was then read already.
    if (image !== this.#newest.image) this.#start(image);
    return this.#newest.answer;
  }

  /**
   * A reading in passing, while a stroke grows: as soon as the one before it is answered and a pause
   * is over.
   * @param {() => Promise<string> | null} image data URL by then; null if none is wanted any more
   * @returns {Promise<Answer | null>} null if none was made, or a newer one took its place
   */
  async glimpse(image) {
    if (this.#glimpsing) return null;
    this.#glimpsing = true;
    const rest = this.#newest.start + PAUSE - performance.now();
    await Promise.allSettled([this.#newest.answer, new Promise((resolve) => setTimeout(resolve, rest))]);
    this.#glimpsing = false;
    const wanted = image();
    return wanted && this.read(wanted);
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
    const answer = retry(async () => preview(await image, signal), this.#tell, signal).catch((error) => {
      if (signal.aborted) return null;
      this.#newest.image = null; // so that the same drawing is asked for again
      throw error;
    });
    this.#newest = { image, start: performance.now(), controller, answer };
  }
}
