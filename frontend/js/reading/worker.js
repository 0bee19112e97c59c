import { crossValidate } from "./last_layer.js";
import { Network } from "./network.js";
import { fractionsOf, normalizePiece } from "./normalize.js";
import { occlusion } from "./occlusion.js";
import { inkOf, read } from "./read.js";
import { judge } from "./verdict.js";

/**
 * A module worker that reads drawings, so that drawing never waits. reader.js talks to it.
 *
 * @import {Input, Result} from "./read.js"
 * @import {Reading} from "./verdict.js"
 * @typedef {{layer: number, channel?: number} | "evidence"} Question what a convolution computes (0: the first); which ink
 *   raises one of its channels; or which ink supports the digit over the runner-up, in natural log-odds
 * @typedef {{seen: Uint8Array, place: Place | null}} Normalized what a question can be about, too
 * @typedef {{id: number, input: Input, cutting: boolean} | {id: number, input: Input | Normalized, question: Question}
 *   | {id: number, refresh: true}
 *   | {id: number, learn: Example[]}} Request refresh: load the server's present network
 * @typedef {{seen: Uint8Array, label: number, group: string}} Example a drawing to learn from; label: 0 to 9, or 10 for
 *   `not a digit`; group: who drew it
 * @typedef {{steps: {step: number, answers: number[]}[], milliseconds: number}} Learned the answer to each example, as a
 *   label: before learning (step 0), and after some steps of a last layer that learns from what the others drew
 * @typedef {{left: number, top: number, width: number, height: number}} Place of the 28x28 image on the drawing, as
 *   fractions of its width and height; may exceed its edges
 * @typedef {{kind: "layer", reading: Reading, seen: Uint8Array, place: Place | null, shapes: LayerShape[], values: Float32Array}
 *   | {kind: "trace", map: Float64Array} | {kind: "replaced"} | {kind: "blank"} | {kind: "photograph"}} Answer
 *   values: [channel][y][x]; map: 28x28; replaced: a newer question came before the map was ready
 * @typedef {{id: number, result: Result | Answer | Learned | {version: string}} | {id: number, error: string}} Reply
 * @import {LayerShape} from "./network.js"
 */

const MODEL = new URL("../../model/", import.meta.url);

/** @param {string} name @returns {Promise<ArrayBuffer>} */
async function load(name) {
  const response = await fetch(new URL(name, MODEL));
  if (!response.ok) throw new Error(`${name} could not be loaded (${response.status}).`);
  return response.arrayBuffer();
}

/** @param {string} name of the file @returns {Promise<Network>} */
async function loadNetwork(name) {
  const plain = new URLSearchParams(self.location.search).has("plain");
  const [file, code] = await Promise.all([load(name), plain ? null : load("convolution.wasm").catch(() => null)]);
  return Network.load(file, code);
}

let network = loadNetwork("network.bin");
network.catch(() => {}); // each question is answered with the error

/** The id of the newest question, at which an older one stops. */
let newest = 0;
/** The id of the newest drawing to read, at which cutting an older one stops. */
let newestDrawing = 0;

const SLICE = 8; // ms of cutting; in between, the worker reads what is drawn meanwhile

self.onmessage = async (/** @type {MessageEvent<Request>} */ { data }) => {
  const { id } = data;
  try {
    /** @type {Reply} */
    const reply = { id, result: "refresh" in data ? await refresh() : "learn" in data ? learn(data.learn, await network) : await resultOf(data) };
    self.postMessage(reply);
  } catch (error) {
    self.postMessage({ id, error: String(error) });
  }
};

/** Read on with the network that the server has now; if it can't be loaded, with the old one. */
async function refresh() {
  const next = await loadNetwork("network.bin?now"); // the service worker would answer with the file that it keeps
  network = Promise.resolve(next);
  return { version: next.model.weights_sha256 };
}

/** @param {Example[]} examples @param {Network} network @returns {Learned} */
function learn(examples, network) {
  const start = performance.now();
  /** @param {ArrayLike<number>} eleven */
  const answered = (eleven) => {
    const { digit, verdict } = judge(eleven, network.model);
    return verdict === "not_a_digit" ? 10 : digit;
  };
  const samples = examples.map(({ seen, label, group }) => {
    network.run(seen);
    return { features: network.features, label, group };
  });
  const steps = crossValidate(samples, network.lastLayer).map(({ step, answers }) => ({ step, answers: answers.map(answered) }));
  return { steps, milliseconds: performance.now() - start };
}

/**
 * @param {{id: number, input: Input, cutting: boolean} | {id: number, input: Input | Normalized, question: Question}} request
 */
async function resultOf(request) {
  if (!("question" in request)) return resultOfReading(request, await network);
  newest = request.id;
  return answer(request.input, request.question, request.id, await network);
}

/** @param {{id: number, input: Input, cutting: boolean}} request @param {Network} network @returns {Promise<Result>} */
async function resultOfReading({ id, input, cutting }, network) {
  newestDrawing = id;
  let steps = read(input, network, cutting);
  let step = steps.next();
  for (let pause = performance.now() + SLICE; !step.done; step = steps.next()) {
    if (!cutting || performance.now() < pause) continue;
    await new Promise((resolve) => setTimeout(resolve));
    if (newestDrawing !== id) [steps, cutting] = [read(input, network, false), false];
    pause = performance.now() + SLICE;
  }
  return step.value;
}

/** @param {Input | Normalized} input @returns {Normalized | "blank" | "photograph"} */
function normalized(input) {
  if ("seen" in input) return input;
  const ink = inkOf(input);
  if (typeof ink === "string") return ink;
  const { ink: seen, box } = normalizePiece(ink);
  return { seen: Uint8Array.from(seen.data), place: fractionsOf(box, ink) };
}

/** @param {Input | Normalized} input @param {Question} question @param {number} id @param {Network} network @returns {Promise<Answer>} */
async function answer(input, question, id, network) {
  const piece = normalized(input);
  if (typeof piece === "string") return { kind: piece };
  const { seen, place } = piece;
  const reading = judge(network.run(seen), network.model);
  if (question !== "evidence" && question.channel === undefined) {
    return { kind: "layer", reading, seen, place, shapes: network.shapes, values: network.activations(question.layer) };
  }
  const map = await occlusion(seen, measureOf(question, reading, network), () => newest !== id);
  return map ? { kind: "trace", map } : { kind: "replaced" };
}

/** Floor for probabilities, so that log-odds stay finite. */
const FLOOR = 1e-12;

/** @param {Question} question @param {Reading} reading @param {Network} network @returns {(image: Uint8Array) => number} */
function measureOf(question, { digit, runnerUp }, network) {
  return (image) => {
    const probabilities = network.run(image);
    if (question !== "evidence") return network.response(question.layer, question.channel ?? 0);
    return Math.log(Math.max(probabilities[digit], FLOOR) / Math.max(probabilities[runnerUp], FLOOR));
  };
}
