import { loadKernel, START } from "./convolution.js";

/**
 * @import {Kernel} from "./convolution.js"
 * @typedef {{kind: "convolution" | "logits", kernel: number, cin: number, cout: number, stride: number, pad: number}} Layer
 * @typedef {{weights_sha256: string, sure: number, not_a_digit: number, layers: Layer[]}} Model the header of
 *   network.bin, which training/browser.py describes; pad: zeros to the right of and below a layer's input
 * @typedef {Layer & {input: number, inputRow: number, weights: number, bias: number, side: number}} Placed addresses in
 *   memory, in bytes; inputRow: floats; side: of the output
 */

const SIDE = 28;

/** The convolutional network of the server, run on one 28x28 image at a time. */
export class Network {
  #kernel;
  #layers;

  /** @param {Model} model @param {Kernel} kernel @param {Placed[]} layers */
  constructor(model, kernel, layers) {
    this.model = model;
    this.#kernel = kernel;
    this.#layers = layers;
  }

  /** Whether it runs in WebAssembly or in plain JavaScript. */
  get kind() {
    return this.#kernel.kind;
  }

  /**
   * @param {ArrayBuffer} file network.bin
   * @param {BufferSource | null} code convolution.wasm, or null to run in plain JavaScript
   * @returns {Promise<Network>}
   */
  static async load(file, code) {
    const length = new DataView(file).getUint32(0, true);
    const model = /** @type {Model} */ (JSON.parse(new TextDecoder().decode(new Uint8Array(file, 4, length))));
    const { placed, bytes } = place(model.layers);
    const kernel = await loadKernel(code, bytes);
    fill(kernel.memory, placed, file, 4 + length);
    return new Network(model, kernel, placed);
  }

  /**
   * @param {Uint8Array} image 28x28, light ink on black
   * @returns {Float64Array} the probabilities of the ten digits, and of `not a digit`
   */
  run(image) {
    const { memory, convolve } = this.#kernel;
    const first = this.#layers[0].input / 4;
    for (let i = 0; i < image.length; i++) memory[first + i] = Math.fround(image[i] / 255);
    for (const [i, layer] of this.#layers.entries()) {
      const { input, inputRow, weights, bias, side, cin, cout, stride } = layer;
      if (layer.kind === "logits") return softmax(logits(memory, layer));
      const next = this.#layers[i + 1];
      convolve(input, inputRow, weights, bias, next.input, next.inputRow, side, side, cin, cout, stride);
    }
    throw new Error("The network has no last layer.");
  }
}

/**
 * Lay out weights, biases and feature maps. Each map has its own memory, so that its padding stays zero.
 * @param {Layer[]} layers
 */
function place(layers) {
  let [end, side] = [START, SIDE];
  /** @param {number} floats */
  const take = (floats) => {
    const start = end;
    end += Math.ceil(floats / 4) * 16;
    return start;
  };
  const placed = layers.map((layer) => {
    const padded = side + layer.pad;
    const input = take(padded * padded * layer.cin);
    const weights = take(layer.kernel ** 2 * layer.cin * layer.cout);
    const bias = take(layer.cout);
    side = Math.floor((padded - layer.kernel) / layer.stride) + 1;
    return { ...layer, input, inputRow: padded * layer.cin, weights, bias, side };
  });
  return { placed, bytes: end - START };
}

/**
 * Copy biases and weights into the memory, the weights as floats.
 * @param {Float32Array} memory @param {Placed[]} layers @param {ArrayBuffer} file @param {number} start of the numbers
 */
function fill(memory, layers, file, start) {
  const floats = new Float32Array(file, start, 2 * layers.reduce((sum, { cout }) => sum + cout, 0));
  const integers = new Int16Array(file, start + floats.byteLength);
  let [f, n] = [0, 0];
  for (const { kernel, cin, cout, weights, bias } of layers) {
    const scale = floats.subarray(f, f + cout);
    memory.set(floats.subarray(f + cout, f + 2 * cout), bias / 4);
    const count = kernel ** 2 * cin * cout;
    for (let i = 0; i < count; i++) memory[weights / 4 + i] = integers[n + i] * scale[i % cout];
    f += 2 * cout;
    n += count;
  }
  if (n !== integers.length) throw new Error("network.bin is incomplete; load the page again.");
}

/** @param {Float32Array} memory @param {Placed} layer @returns {Float64Array} */
function logits(memory, { input, weights, bias, kernel, cin, cout }) {
  const sums = Float64Array.from(memory.subarray(bias / 4, bias / 4 + cout));
  for (let i = 0; i < kernel ** 2 * cin; i++) {
    const value = memory[input / 4 + i];
    for (let c = 0; c < cout; c++) sums[c] += value * memory[weights / 4 + i * cout + c];
  }
  return sums;
}

/** @param {Float64Array} values @returns {Float64Array} */
function softmax(values) {
  const most = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - most));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}
