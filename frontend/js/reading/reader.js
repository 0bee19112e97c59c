/**
 * @import {Input, Reply, Result} from "./worker.js"
 */

/** Reads drawings in a worker, with the server's network. Several readings may wait; they are made in their order. */
export class Reader {
  #worker;
  #last = 0;
  /** @type {Map<number, {resolve: (result: Result) => void, reject: (error: Error) => void}>} */
  #waiting = new Map();

  /** @param {{plain?: boolean}} options plain: without WebAssembly */
  constructor({ plain = false } = {}) {
    this.#worker = new Worker(new URL(`worker.js${plain ? "?plain" : ""}`, import.meta.url), { type: "module" });
    this.#worker.onmessage = (/** @type {MessageEvent<Reply>} */ { data }) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ("error" in data) waiting?.reject(new Error(data.error));
      else waiting?.resolve(data.result);
    };
    this.#worker.onerror = () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("The reading in this browser could not start."));
      this.#waiting.clear();
    };
  }

  /**
   * @param {Input} input strokes, or the pixels of a picture
   * @returns {Promise<Result>}
   */
  read(input) {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, input });
    });
  }

  close() {
    this.#worker.terminate();
  }
}
