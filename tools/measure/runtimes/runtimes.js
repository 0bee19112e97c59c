/**
 * The page's own network and two general runtimes, each as a function from a 28x28 image to its probabilities. Each runs
 * in one thread.
 *
 * @typedef {(image: Uint8Array) => ArrayLike<number> | Promise<ArrayLike<number>>} Run
 */

const NODE = "/node_modules";
const TENSORFLOW = `${NODE}/@tensorflow`;

/** @param {string} path */
const load = async (path) => (await fetch(path)).arrayBuffer();

/** @param {Uint8Array} image */
const asInput = (image) => Float32Array.from(image, (value) => value / 255);

/** @type {Record<string, () => Promise<Run>>} */
const RUNTIMES = {
  async own() {
    const { Network } = await import("/frontend/js/reading/network.js");
    const files = await Promise.all(["network.bin", "convolution.wasm"].map((name) => load(`/frontend/model/${name}`)));
    const network = await Network.load(...files);
    if (network.kind !== "wasm") throw new Error("The page's network does not run in WebAssembly.");
    return (image) => network.run(image);
  },

  async onnx() {
    const { env, InferenceSession, Tensor } = await import(`${NODE}/onnxruntime-web/dist/ort.wasm.min.mjs`);
    env.wasm.numThreads = 1;
    const model = await load("/models/model_mnist.onnx");
    const session = await InferenceSession.create(model, { executionProviders: ["wasm"] });
    const [[input], [output]] = [session.inputNames, session.outputNames];
    return async (image) => {
      const results = await session.run({ [input]: new Tensor("float32", asInput(image), [1, 28, 28, 1]) });
      return results[output].data;
    };
  },

  async tensorflow() {
    for (const name of ["core", "backend-wasm"]) await addScript(`${TENSORFLOW}/tfjs-${name}/dist/tf-${name}.min.js`);
    const { tf } = globalThis;
    tf.wasm.setWasmPaths(`${TENSORFLOW}/tfjs-backend-wasm/dist/`);
    tf.wasm.setThreadsCount(1);
    if (!(await tf.setBackend("wasm"))) throw new Error("TensorFlow.js does not run in WebAssembly.");
    const layers = readLayers(await load("/frontend/model/network.bin")).map(({ weights, bias, shape, stride, pad, kind }) => ({
      filter: tf.tensor4d(weights, shape),
      bias: tf.tensor1d(bias),
      strides: stride,
      pad: [[0, 0], [0, pad], [0, pad], [0, 0]],
      activation: kind === "convolution" ? "relu" : "linear",
    }));
    return (image) =>
      tf.tidy(() => {
        const input = tf.tensor4d(asInput(image), [1, 28, 28, 1]);
        const logits = layers.reduce((x, layer) => tf.fused.conv2d({ x, ...layer }), input);
        return tf.softmax(tf.reshape(logits, [-1])).dataSync();
      });
  },
};

/** @param {string} src */
const addScript = (src) =>
  new Promise((resolve, reject) => {
    document.head.append(Object.assign(document.createElement("script"), { src, onload: resolve, onerror: reject }));
  });

/** The layers in network.bin, which training/browser.py describes. @param {ArrayBuffer} file */
function readLayers(file) {
  const start = 4 + new DataView(file).getUint32(0, true);
  const { layers } = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 4, start - 4)));
  const floats = new Float32Array(file, start, 2 * layers.reduce((sum, { cout }) => sum + cout, 0));
  const integers = new Int16Array(file, start + floats.byteLength);
  let [f, n] = [0, 0];
  return layers.map((layer) => {
    const { kernel, cin, cout } = layer;
    const [scale, bias] = [floats.subarray(f, (f += cout)), floats.subarray(f, (f += cout))];
    const packed = integers.subarray(n, (n += kernel ** 2 * cin * cout));
    const weights = Float32Array.from(packed, (value, i) => value * scale[i % cout]);
    return { ...layer, weights, bias, shape: [kernel, kernel, cin, cout] };
  });
}

/** Load one of RUNTIMES, as `run`. @param {string} name */
export async function start(name) {
  globalThis.run = await RUNTIMES[name]();
}

/**
 * Run it on images, one after the other.
 * @param {string} text the images, in base64
 * @returns {Promise<{times: number[], probabilities: number[][]}>} times: from pixels to probabilities, in ms
 */
export async function measure(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const [times, probabilities] = [[], []];
  for (let i = 0; i < bytes.length; i += 784) {
    const image = bytes.subarray(i, i + 784);
    await new Promise((resolve) => setTimeout(resolve));
    const began = performance.now();
    const result = await globalThis.run(image);
    times.push(performance.now() - began);
    probabilities.push([...result]);
  }
  return { times, probabilities };
}
