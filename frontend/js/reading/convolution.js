/**
 * The inner loop of the network, a 3x3 convolution with bias and ReLU: in WebAssembly with SIMD, or in plain JavaScript
 * where that is missing or not allowed. Both work on one block of memory; addresses in it are in bytes.
 *
 * @typedef {(
 *   input: number, inputRow: number, weights: number, bias: number, output: number, outputRow: number,
 *   width: number, height: number, cin: number, cout: number, stride: number
 * ) => void} Convolve rows are in floats; wasm/convolution.c describes them
 * @typedef {{kind: "wasm" | "javascript", memory: Float32Array, convolve: Convolve}} Kernel
 */

const PAGE = 65536; // bytes, WebAssembly's unit of memory
export const START = PAGE; // bytes at the beginning of the memory that belong to the compiled code

/**
 * @param {BufferSource | null} code of convolution.wasm; null for plain JavaScript
 * @param {number} bytes to use from START on
 * @returns {Promise<Kernel>}
 */
export async function loadKernel(code, bytes) {
  const pages = Math.ceil((START + bytes) / PAGE);
  if (code) {
    try {
      const memory = new WebAssembly.Memory({ initial: pages });
      const { instance } = await WebAssembly.instantiate(code, { env: { memory } });
      const convolve = /** @type {Convolve} */ (instance.exports.convolve);
      return { kind: "wasm", memory: new Float32Array(memory.buffer), convolve };
    } catch {
      // No WebAssembly, no SIMD, or a content security policy without 'wasm-unsafe-eval'.
    }
  }
  const memory = new Float32Array((pages * PAGE) / 4);
  return { kind: "javascript", memory, convolve: plainConvolution(memory) };
}

/** @param {Float32Array} memory @returns {Convolve} */
function plainConvolution(memory) {
  return (input, inputRow, weights, bias, output, outputRow, width, height, cin, cout, stride) => {
    [input, weights, bias, output] = [input / 4, weights / 4, bias / 4, output / 4];
    const sums = new Float64Array(cout);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < cout; c++) sums[c] = memory[bias + c];
        let w = weights;
        for (let ky = 0; ky < 3; ky++) {
          const row = input + (y * stride + ky) * inputRow + x * stride * cin;
          for (let i = 0; i < 3 * cin; i++, w += cout) {
            const value = memory[row + i];
            if (value === 0) continue; // half of what a ReLU leaves
            for (let c = 0; c < cout; c++) sums[c] += value * memory[w + c];
          }
        }
        const to = output + y * outputRow + x * cout;
        for (let c = 0; c < cout; c++) memory[to + c] = Math.max(0, sums[c]);
      }
    }
  };
}
