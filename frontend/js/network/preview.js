import { preview } from "./api.js";
import { retry } from "./retry.js";

/**
 * @import {Answer, Failure} from "./api.js"
 */

/** Live readings of a drawing that changes: the newest wins, at most one call is in flight. */
export class Preview {
  #controller = new AbortController();

  /**
   * @param {string} image data URL
   * @param {(failure: Failure) => void} tell told when a try failed and another will follow
   * @returns {Promise<Answer | null>} null if a newer one took its place
   */
  async read(image, tell) {
    this.stop();
    const { signal } = (this.#controller = new AbortController());
    try {
      return await retry(() => preview(image, signal), tell, signal);
    } catch (error) {
      if (signal.aborted) return null;
      throw error;
    }
  }

  stop() {
    this.#controller.abort();
  }
}
