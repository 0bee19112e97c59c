import { call } from "./api.js";

/**
 * @typedef {{name: string, form: "plain" | "mnist", digit: number, confidence: number, probabilities: number[]}} Opinion
 * @typedef {{
 *   digit: number, runner_up: number, seen: string, for: string, against: string,
 *   place: {left: number, top: number, width: number, height: number},
 *   layers: {name: string, shape: [number, number, number], sees: number, maps: string[]}[],
 *   models: Opinion[],
 * }} Explanation
 */

/**
 * Why a drawing is read as it is. Records nothing.
 * @param {string} image data URL
 * @param {AbortSignal} signal
 * @returns {Promise<Explanation>}
 */
export function explain(image, signal) {
  return call("/explain", { method: "POST", body: image, headers: { "Content-Type": "text/plain" }, signal });
}
