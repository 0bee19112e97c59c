/**
 * Retrains the last layer of the network on a few drawings: a softmax regression on what the layer before computes. It
 * begins with the layer as it is, and is pulled back to it, so that few drawings change little.
 *
 * @typedef {{features: Float32Array, label: number, group: string}} Sample label: 0 to 9, or 10 for `not a digit`; group:
 *   who drew it
 * @typedef {{weights: Float64Array, bias: Float64Array}} LastLayer weights: [feature][class]
 */

export const CLASSES = 11;
const STEPS = 60; // of Adam, each on all samples
const RATE = 0.01;
const PULL = 0.02; // strength of the pull back to the layer as it was
const FOLDS = 5;
/** The steps after which the answers are kept: more at the beginning, where most of them change. */
const KEPT = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 28, 40, STEPS];

/**
 * Yields the layer before the first step and after each, as views of the same numbers.
 * @param {Sample[]} samples
 * @param {LastLayer} start it is not changed
 * @returns {Generator<LastLayer, void>}
 */
function* train(samples, start) {
  const flat = Float64Array.from([...start.weights, ...start.bias]);
  const origin = flat.slice();
  const [mean, square, gradient] = [0, 1, 2].map(() => new Float64Array(flat.length));
  const layer = split(flat);
  yield layer;
  for (let step = 1; step <= STEPS; step++) {
    for (let k = 0; k < flat.length; k++) gradient[k] = PULL * (flat[k] - origin[k]);
    for (const sample of samples) addGradient(gradient, sample, probabilities(layer, sample.features), 1 / samples.length);
    const [ofMean, ofSquare] = [1 - 0.9 ** step, 1 - 0.999 ** step];
    for (let k = 0; k < flat.length; k++) {
      mean[k] = 0.9 * mean[k] + 0.1 * gradient[k];
      square[k] = 0.999 * square[k] + 0.001 * gradient[k] ** 2;
      flat[k] -= (RATE * (mean[k] / ofMean)) / (Math.sqrt(square[k] / ofSquare) + 1e-8);
    }
    yield layer;
  }
}

/**
 * The answer to each sample of a layer that is trained without anything that the same group drew, if there are two groups.
 * @param {Sample[]} samples
 * @param {LastLayer} start
 * @returns {{step: number, answers: Float64Array[]}[]} probabilities, before learning (step 0) and after some of its steps
 */
export function crossValidate(samples, start) {
  const groups = [...new Set(samples.map(({ group }) => group))].sort();
  const folds = Math.min(FOLDS, groups.length);
  const foldOf = new Map(groups.map((group, i) => [group, i % folds]));
  const kept = KEPT.map((step) => ({ step, answers: /** @type {Float64Array[]} */ (Array(samples.length)) }));
  for (let fold = 0; fold < folds; fold++) {
    const others = samples.filter(({ group }) => foldOf.get(group) !== fold);
    let step = 0;
    for (const layer of train(others, start)) {
      const answers = kept.find((each) => each.step === step)?.answers;
      if (answers) samples.forEach(({ features, group }, i) => foldOf.get(group) === fold && (answers[i] = probabilities(layer, features)));
      step++;
    }
  }
  return kept;
}

/** @param {LastLayer} layer @param {Float32Array} features @returns {Float64Array} a new one */
function probabilities({ weights, bias }, features) {
  // Plain loops, because this runs some hundred thousand times.
  const found = bias.slice();
  for (let i = 0, k = 0; i < features.length; i++, k += CLASSES) {
    const feature = features[i];
    if (feature === 0) continue; // about half are
    for (let c = 0; c < CLASSES; c++) found[c] += feature * weights[k + c];
  }
  const most = Math.max(...found);
  let sum = 0;
  for (let c = 0; c < CLASSES; c++) sum += found[c] = Math.exp(found[c] - most);
  for (let c = 0; c < CLASSES; c++) found[c] /= sum;
  return found;
}

/** @param {Float64Array} gradient @param {Sample} sample @param {Float64Array} errors probabilities; they become errors @param {number} weight */
function addGradient(gradient, { features, label }, errors, weight) {
  errors[label] -= 1;
  for (let c = 0; c < CLASSES; c++) errors[c] *= weight;
  for (let i = 0, k = 0; i < features.length; i++, k += CLASSES) {
    const feature = features[i];
    if (feature === 0) continue;
    for (let c = 0; c < CLASSES; c++) gradient[k + c] += feature * errors[c];
  }
  for (let c = 0; c < CLASSES; c++) gradient[features.length * CLASSES + c] += errors[c];
}

/** @param {Float64Array} flat @returns {LastLayer} views of it */
function split(flat) {
  const end = flat.length - CLASSES;
  return { weights: flat.subarray(0, end), bias: flat.subarray(end) };
}
