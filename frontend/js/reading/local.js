import { CAN_ENCODE, grayPNG } from "../model/png.js";
import { NOT_A_DIGIT } from "../model/text.js";
import { Reader } from "./reader.js";

/**
 * @import {Reading} from "../network/predict.js"
 * @import {Input} from "./read.js"
 * @import {Answer, Normalized, Question} from "./worker.js"
 */

/** A dot, read once to find out whether the network has loaded. */
const DOT = [{ points: [{ x: 140, y: 140, t: 0 }], width: 18 }];

/** The page's only reader. @type {Promise<LocalReader | null> | undefined} */
let loading;

/** Reads drawings in this browser, with the network that the server uses. */
export class LocalReader {
  #reader;

  /** @param {Reader} reader @param {string} version SHA-256 of the network's weights */
  constructor(reader, version) {
    this.#reader = reader;
    this.version = version;
  }

  /** Load the network, once for everything on the page. @returns {Promise<LocalReader | null>} null: it can't be loaded here */
  static load() {
    return (loading ??= load());
  }

  /**
   * @param {Input} input
   * @param {boolean} [cutting] whether to cut touching digits, unless a newer drawing comes; it takes long
   * @returns {Promise<Reading | null>} null: only the server can read it, because it is a photograph or blank
   */
  async read(input, cutting = true) {
    const result = await this.#reader.read(input, cutting).catch(() => null);
    if (result?.kind !== "reading") return null;
    const { number, reading, cuttable } = result;
    const { left, top, width, height } = result.box;
    /** @type {[number, number, number, number]} */
    const box = [left, top, width, height];
    const { probabilities, runnerUp } = reading;
    const seen = await grayPNG({ data: result.seen, width: 28, height: 28 });
    if (number) return { ...number, digit: null, probabilities, runner_up: runnerUp, box, seen, cuttable };
    const { digit, confidence, verdict } = reading;
    const text = verdict === "not_a_digit" ? NOT_A_DIGIT : String(digit);
    return { result: text, digit, digits: null, confidence, probabilities, verdict, runner_up: runnerUp, box, seen, cuttable };
  }

  /** Read on with the network that the server has now; if it can't be loaded, with the same one. */
  async refresh() {
    const refreshed = await this.#reader.refresh().catch(() => null);
    if (refreshed) this.version = refreshed.version;
  }

  /** @param {Input | Normalized} input @param {Question} question @returns {Promise<Answer>} */
  ask(input, question) {
    return this.#reader.ask(input, question);
  }
}

/** @returns {Promise<LocalReader | null>} */
async function load() {
  if (!CAN_ENCODE) return null;
  const reader = new Reader();
  const result = await reader.read({ strokes: DOT }).catch(() => null);
  if (result?.kind === "reading") return new LocalReader(reader, result.version);
  reader.close();
  return null;
}
