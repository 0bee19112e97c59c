/**
 * @import {Input, Result} from "./read.js"
 * @import {Answer, Example, Learned, Normalized, Question, Reply} from "./worker.js"
 */

/** Reads drawings in a worker, with the server's network. Several readings may wait; they are made in their order. */
export class Reader {
  #worker;
  #last = 0;
  /** @type {Map<number, {resolve: (result: any) => void, reject: (error: Error) => void}>} */
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
   * @param {boolean} [cutting] whether to cut touching digits, unless a newer drawing comes; it takes long
   * @returns {Promise<Result>}
   */
  read(input, cutting = true) {
    return this.#post({ input, cutting });
  }

  /**
   * Explain how a drawing is read. A new question replaces one that takes long.
   * @param {Input | Normalized} input
   * @param {Question} question
   * @returns {Promise<Answer>}
   */
  ask(input, question) {
    return this.#post({ input, question });
  }

  /** Read on with the network that the server has now. @returns {Promise<{version: string}>} */
  refresh() {
    return this.#post({ refresh: true });
  }

  /**
   * Retrain the last layer on examples, of which each is answered without what the same group drew. The network stays.
   * @param {Example[]} examples
   * @returns {Promise<Learned>}
   */
  learn(examples) {
    return this.#post({ learn: examples });
  }

  /** @param {{input: Input, cutting: boolean} | {input: Input | Normalized, question: Question} | {refresh: true} | {learn: Example[]}} request @returns {Promise<any>} */
  #post(request) {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, ...request });
    });
  }

  close() {
    this.#worker.terminate();
  }
}
