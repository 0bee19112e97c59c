import { pixelsOf } from "../reading/pixels.js";
import { callJSON, device } from "./client.js";

/**
 * @import {DrawingRequest} from "./predict.js"
 * @import {LocalReader} from "../reading/local.js"
 * @import {Input} from "../reading/read.js"
 * @import {Answer, Normalized, Place, Question} from "../reading/worker.js"
 * @import {Verdict} from "../reading/verdict.js"
 * @typedef {{name: string, form: "plain" | "mnist", digit: number, confidence: number, probabilities: number[]}} ModelReading
 *   form: of the network input, "plain": the whole drawing resized, "mnist": normalized as MNIST is
 * @typedef {{digit: number, runner_up: number, for: string, against: string, place: Place}} Evidence
 *   for, against: data URLs. place: of the 28x28, in fractions of the drawing
 * @typedef {Evidence & {
 *   seen: string,
 *   layers: {name: string, shape: [number, number, number], sees: number, maps: string[]}[],
 *   models: ModelReading[],
 * }} ServerExplanation
 *   seen, maps: data URLs.
 *   shape: height, width, number of maps. sees: side of the receptive field, in pixels of the 28x28
 * @typedef {{digit: number, runnerUp: number, probabilities: readonly number[], verdict?: Verdict}} Reading verdict: by the
 *   network in this browser
 * @typedef {{reading: Reading, seen: Uint8Array, place: Place, shapes: {side: number, channels: number, sees: number}[],
 *   values: Float32Array}} Look values: what one layer computes, [channel][y][x]
 */

/**
 * How one state of the drawing is read: by the network in this browser, or by the server's where the browser can't. Only
 * the server has the other networks.
 */
export class Explainer {
  #input;
  #request;
  #digit;
  #local;
  /** @type {Promise<ServerExplanation> | null} */
  #server = null;

  /**
   * @param {LocalReader | null} local
   * @param {Input | Normalized} input for it
   * @param {() => Promise<DrawingRequest>} request for the server
   * @param {number | null} digit of a number to explain, counted from 0; null: the drawing as one digit
   */
  constructor(local, input, request, digit) {
    this.#local = local;
    this.#input = input;
    this.#request = request;
    this.#digit = digit;
  }

  /**
   * @param {number} layer 0: the first convolution
   * @param {boolean} here whether to ask only the network in this browser
   * @returns {Promise<Look | null>} null: only the server can tell
   */
  async look(layer, here) {
    const answer = await this.#ask({ layer });
    if (answer?.kind === "layer" && answer.place) return { ...answer, place: answer.place };
    if (here) return null;
    const { digit, runner_up, seen, place, layers, models } = await this.askServer();
    const shapes = layers.map(({ shape: [side, , channels], sees }) => ({ side, channels, sees }));
    const maps = await Promise.all(layers[layer].maps.map((url) => bandOf(url, 0)));
    const values = Float32Array.from(maps.flatMap((map) => [...map]));
    const reading = { digit, runnerUp: runner_up, probabilities: models[models.length - 1].probabilities };
    return { reading, seen: await bandOf(seen, 0), place, shapes, values };
  }

  /**
   * Which ink supports the digit over the runner-up, or raises what a channel computes.
   * @param {Question} question
   * @returns {Promise<ArrayLike<number> | null>} 28x28, negative where ink does the opposite; null: the drawing changed, or
   *   this browser can't tell
   */
  async trace(question) {
    const answer = await this.#ask(question);
    if (answer?.kind === "trace") return answer.map;
    if (answer?.kind === "replaced" || question !== "evidence") return null;
    const explanation = await this.askServer();
    const [supports, opposes] = await Promise.all([explanation.for, explanation.against].map((url) => bandOf(url, 3)));
    return Float32Array.from(supports, (value, i) => value - opposes[i]);
  }

  /** @returns {Promise<ServerExplanation>} records nothing */
  askServer() {
    this.#server ??= this.#request().then((request) => explain(request, this.#digit));
    this.#server.catch(() => (this.#server = null)); // so that it can be tried again
    return this.#server;
  }

  /** @param {Question} question @returns {Promise<Answer | null>} null: only the server can read this drawing */
  async #ask(question) {
    const answer = await this.#local?.ask(this.#input, question).catch(() => null);
    return !answer || answer.kind === "blank" || answer.kind === "photograph" ? null : answer;
  }
}

/**
 * Why the server reads a drawing as it does.
 * @param {DrawingRequest} request
 * @param {number | null} digit of a number, counted from 0; null: the drawing as one digit
 * @returns {Promise<ServerExplanation>}
 */
export function explain(request, digit) {
  return callJSON(`/explain${queryOf(digit)}`, request);
}

/**
 * Which ink supports what is read: as `explain`, or without a server, where the network in this browser tells only that.
 * @param {DrawingRequest} request
 * @param {number | null} digit
 * @returns {Promise<Evidence>}
 */
export function explainEvidence(request, digit) {
  return device ? callJSON(`/evidence${queryOf(digit)}`, request) : explain(request, digit);
}

/** @param {number | null} digit */
function queryOf(digit) {
  return digit === null ? "" : `?digit=${digit}`;
}

/** @param {string} url of a picture @param {number} band 0 to 3: red to alpha @returns {Promise<Uint8Array>} */
async function bandOf(url, band) {
  const { data } = await pixelsOf(url);
  return Uint8Array.from({ length: data.length / 4 }, (_, i) => data[4 * i + band]);
}
