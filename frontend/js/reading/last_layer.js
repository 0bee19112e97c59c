/**
 * Retrains the last layer of the network on a few drawings: a softmax regression on what the layer before computes. It
 * begins with the layer as it is, and is pulled back to it, so that few drawings change little.
 *
 * @typedef {{features: Float32Array, label: number, group: string}} Sample label: 0 to 9, or 10 for `not a digit`; group:
 *   who drew it
 * @typedef {{weights: Float64Array, bias: Float64Array}} LastLayer weights: [feature][class]
 */

export const CLASSES = 11;
const STEPS = 120; // of Adam, each on all samples
const RATE = 0.01;
const PULL = 0.02; // strength of the pull back to the layer as it was
const FOLDS = 5;

/**
 * @param {Sample[]} samples
 * @param {LastLayer} start it is not changed
 * @returns {LastLayer}
 */
export function train(samples, start) {
  const flat = Float64Array.from([...start.weights, ...start.bias]);
  const origin = flat.slice();
  const [mean, square, gradient] = [0, 1, 2].map(() => new Float64Array(flat.length));
  const layer = split(flat);
  for (let step = 1; step <= STEPS; step++) {
    for (let k = 0; k < flat.length; k++) gradient[k] = PULL * (flat[k] - origin[k]);
    for (const sample of samples) addGradient(gradient, sample, probabilities(layer, sample.features), 1 / samples.length);
    for (let k = 0; k < flat.length; k++) {
      mean[k] = 0.9 * mean[k] + 0.1 * gradient[k];
      square[k] = 0.999 * square[k] + 0.001 * gradient[k] ** 2;
      flat[k] -= (RATE * (mean[k] / (1 - 0.9 ** step))) / (Math.sqrt(square[k] / (1 - 0.999 ** step)) + 1e-8);
    }
  }
  return layer;
}

/**
 * The answer to each sample of a layer that was trained without anything that the same group drew, if there are two groups.
 * @param {Sample[]} samples
 * @param {LastLayer} start
 * @returns {Float64Array[]} probabilities
 */
export function crossValidate(samples, start) {
  const groups = [...new Set(samples.map(({ group }) => group))].sort();
  const folds = Math.min(FOLDS, groups.length);
  const foldOf = new Map(groups.map((group, i) => [group, i % folds]));
  const layers = Array.from({ length: folds }, (_, fold) =>
    train(samples.filter(({ group }) => foldOf.get(group) !== fold), start),
  );
  return samples.map(({ features, group }) => probabilities(layers[foldOf.get(group) ?? 0], features));
}

/** @param {LastLayer} layer @param {Float32Array} features */
export function probabilities({ weights, bias }, features) {
  const logits = bias.slice();
  for (let i = 0; i < features.length; i++) {
    if (features[i] === 0) continue; // about half are
    for (let c = 0; c < CLASSES; c++) logits[c] += features[i] * weights[i * CLASSES + c];
  }
  const most = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - most));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

/** @param {Float64Array} gradient @param {Sample} sample @param {Float64Array} found probabilities @param {number} weight */
function addGradient(gradient, { features, label }, found, weight) {
  const errors = found.map((probability, c) => weight * (probability - (c === label ? 1 : 0)));
  for (let i = 0; i < features.length; i++) {
    if (features[i] === 0) continue;
    for (let c = 0; c < CLASSES; c++) gradient[i * CLASSES + c] += features[i] * errors[c];
  }
  for (let c = 0; c < CLASSES; c++) gradient[features.length * CLASSES + c] += errors[c];
}

/** @param {Float64Array} flat @returns {LastLayer} views of it */
function split(flat) {
  const end = flat.length - CLASSES;
  return { weights: flat.subarray(0, end), bias: flat.subarray(end) };
}
