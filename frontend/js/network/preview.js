import { preview } from "./predict.js";
import { retry } from "./retry.js";

/**
 * @import {LocalReader} from "../reading/local.js"
 * @import {Input as LocalInput} from "../reading/read.js"
 * @import {Failure} from "./client.js"
 * @import {DrawingRequest, Reading} from "./predict.js"
 * @typedef {{revision: number, local: LocalInput, request: () => Promise<DrawingRequest>}} Input revision: changes with the
 *   drawing; local: for the network in this browser; request: for the server
 */

/** The shortest interval, in ms, between two previews of an unfinished stroke. */
const INTERVAL = 40;

/**
 * Readings while a person draws: in this browser once its network is loaded, except for photographs; otherwise on the
 * server. At most one call is in flight, and the newest drawing replaces an older one.
 */
export class Preview {
  #onRetry;
  /** Set once its network is loaded. @type {LocalReader | null} */
  local = null;
  #waiting = false;
  #newest = {
    revision: /** @type {number | null} */ (null),
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
    // Most people pause before they lift the pen, so the same drawing may already be on its way.
    if (input.revision !== this.#newest.revision) this.#start(input);
    return this.#newest.reading;
  }

  /**
   * Read a finished drawing again, with touching digits cut.
   * @param {Input} input
   * @returns {Promise<Reading | null>} null: replaced by a newer drawing
   */
  readCutting(input) {
    this.#start(input, true);
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
    this.#newest.revision = null;
  }

  /** @param {Input} input @param {boolean} [cutting] whether to cut touching digits, which takes long */
  #start(input, cutting = false) {
    this.stop();
    const controller = new AbortController();
    const { signal } = controller;
    const reading = this.#read(input, cutting, signal).then((reading) => (signal.aborted ? null : reading), (error) => {
      if (signal.aborted) return null;
      this.#newest.revision = null; // so that the same drawing can be read again
      throw error;
    });
    this.#newest = { revision: input.revision, start: performance.now(), controller, reading };
  }

  /** @param {Input} input @param {boolean} cutting @param {AbortSignal} signal @returns {Promise<Reading>} */
  async #read({ local, request }, cutting, signal) {
    // The network may have loaded since an earlier try.
    const read = async () => (await this.local?.read(local, cutting)) ?? preview(await request(), signal);
    return retry(read, this.#onRetry, signal);
  }
}
