import { call } from "./client.js";

/**
 * @typedef {{name: string, form: "plain" | "mnist", digit: number, confidence: number, probabilities: number[]}} ModelReading
 *   form: of the network input, "plain": the whole drawing resized, "mnist": normalized as MNIST is
 * @typedef {{
 *   digit: number, runner_up: number, seen: string, for: string, against: string,
 *   place: {left: number, top: number, width: number, height: number},
 *   layers: {name: string, shape: [number, number, number], sees: number, maps: string[]}[],
 *   models: ModelReading[],
 * }} Explanation
 *   seen, for, against, maps: data URLs. place: of the 28x28, in fractions of the drawing.
 *   shape: height, width, number of maps. sees: side of the receptive field, in pixels of the 28x28
 */

/**
 * Explain how a drawing is read. Records nothing.
 * @param {string} image data URL
 * @param {AbortSignal} signal
 * @returns {Promise<Explanation>}
 */
export function fetchExplanation(image, signal) {
  return call("/explain", { method: "POST", body: image, headers: { "Content-Type": "text/plain" }, signal });
}
