import { loadKernel, START } from "./convolution.js";

/**
 * @import {Kernel} from "./convolution.js"
 * @import {LastLayer} from "./last_layer.js"
 * @typedef {{kind: "convolution" | "logits", kernel: number, cin: number, cout: number, stride: number, pad: number}} Layer
 * @typedef {{weights_sha256: string, sure: number, not_a_digit: number, layers: Layer[]}} Model the header of
 *   network.bin, which training/browser.py describes; pad: zeros to the right of and below a layer's input
 * @typedef {Layer & {input: number, inputRow: number, weights: number, bias: number, side: number}} Placed addresses in
 *   memory, in bytes; inputRow: floats; side: of the output
 * @typedef {{side: number, channels: number, sees: number}} LayerShape
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

  /** Of each convolution: its output, and how many px of the 28x28 one value of it depends on. @returns {LayerShape[]} */
  get shapes() {
    let [sees, step] = [1, 1]; // step: px of the image from one value to the next
    return this.#layers.slice(0, -1).map(({ side, cout, kernel, stride }) => {
      sees += (kernel - 1) * step;
      step *= stride;
      return { side, channels: cout, sees };
    });
  }

  /**
   * What a convolution computed in the last run.
   * @param {number} layer 0: the first
   * @returns {Float32Array} [channel][y][x]
   */
  activations(layer) {
    const { side, channels } = this.shapes[layer];
    const { input, inputRow } = this.#layers[layer + 1];
    const values = new Float32Array(channels * side * side);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const from = input / 4 + y * inputRow + x * channels;
        for (let c = 0; c < channels; c++) values[(c * side + y) * side + x] = this.#kernel.memory[from + c];
      }
    }
    return values;
  }

  /** What the last layer was given in the last run. */
  get features() {
    const { input, kernel, cin } = /** @type {Placed} */ (this.#layers.at(-1));
    return this.#kernel.memory.slice(input / 4, input / 4 + kernel ** 2 * cin);
  }

  /** The last layer, from its features to logits. @returns {LastLayer} */
  get lastLayer() {
    const { weights, bias, kernel, cin, cout } = /** @type {Placed} */ (this.#layers.at(-1));
    const { memory } = this.#kernel;
    return {
      weights: Float64Array.from(memory.subarray(weights / 4, weights / 4 + kernel ** 2 * cin * cout)),
      bias: Float64Array.from(memory.subarray(bias / 4, bias / 4 + cout)),
    };
  }

  /** The sum of what one channel of a convolution computed in the last run. @param {number} layer @param {number} channel */
  response(layer, channel) {
    const { side, channels } = this.shapes[layer];
    const { input, inputRow } = this.#layers[layer + 1];
    let sum = 0;
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) sum += this.#kernel.memory[input / 4 + y * inputRow + x * channels + channel];
    }
    return sum;
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
