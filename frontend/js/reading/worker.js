import { findInk, findInkInColor } from "./ink.js";
import { Network } from "./network.js";
import { normalize } from "./normalize.js";
import { rasterize } from "./rasterize.js";
import { judge } from "./verdict.js";

/**
 * A module worker that reads drawings, so that drawing never waits. reader.js talks to it.
 *
 * @import {Stroke} from "./rasterize.js"
 * @import {Reading} from "./verdict.js"
 * @typedef {{data: Uint8ClampedArray | Uint8Array, width: number, height: number}} Pixels RGBA, as ImageData
 * @typedef {{strokes: readonly Stroke[]} | {pixels: Pixels}} Input
 * @typedef {{id: number, input: Input}} Request
 * @typedef {{kind: "reading", reading: Reading, seen: Uint8Array, probabilities: Float64Array, milliseconds: number, engine: "wasm" | "javascript", version: string}
 *   | {kind: "blank"} | {kind: "photograph"}} Result seen: the 28x28 image; probabilities: the network's eleven;
 *   milliseconds: from pixels to probabilities; version: SHA-256 of the network's weights
 * @typedef {{id: number, result: Result} | {id: number, error: string}} Reply
 */

const MODEL = new URL("../../model/", import.meta.url);

/** @param {string} name @returns {Promise<ArrayBuffer>} */
async function load(name) {
  const response = await fetch(new URL(name, MODEL));
  if (!response.ok) throw new Error(`${name} could not be loaded (${response.status}).`);
  return response.arrayBuffer();
}

const network = (async () => {
  const plain = new URLSearchParams(self.location.search).has("plain");
  const [file, code] = await Promise.all([load("network.bin"), plain ? null : load("convolution.wasm").catch(() => null)]);
  return Network.load(file, code);
})();
network.catch(() => {}); // each question is answered with the error

self.onmessage = async (/** @type {MessageEvent<Request>} */ { data: { id, input } }) => {
  try {
    /** @type {Reply} */
    const reply = { id, result: read(input, await network) };
    self.postMessage(reply);
  } catch (error) {
    self.postMessage({ id, error: String(error) });
  }
};

/** @param {Input} input @param {Network} network @returns {Result} */
function read(input, network) {
  const gray = "strokes" in input ? rasterize(input.strokes) : null;
  const start = performance.now();
  const ink = gray ? findInk(gray) : "pixels" in input ? findInkInColor(input.pixels) : "blank";
  if (typeof ink === "string") return { kind: ink };
  const seen = normalize(ink).data;
  const probabilities = network.run(seen);
  const milliseconds = performance.now() - start;
  const reading = judge(probabilities, network.model);
  return { kind: "reading", reading, seen, probabilities, milliseconds, engine: network.kind, version: network.model.weights_sha256 };
}
