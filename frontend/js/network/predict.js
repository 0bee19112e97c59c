import { call, Failure } from "./client.js";
import { newKey } from "./idempotency_key.js";
import { retry } from "./retry.js";
import { keepSecret } from "./secrets.js";

/**
 * The calls that read a drawing; /openapi.json describes the fields.
 *
 * @typedef {"digit" | "unsure" | "not_a_digit"} Verdict
 * @typedef {{
 *   id: string, date: string, result: string, digit: number, runner_up: number, confidence: number,
 *   probabilities: number[], verdict: Verdict, recorded: "stored" | "queued" | "no", seen: string,
 *   model_version: string, secret: string | null,
 * }} Prediction seen: data URL of the 28x28 network input. secret: to correct or delete the record; null: not recorded
 * @typedef {Pick<Prediction, "digit" | "runner_up" | "confidence" | "probabilities" | "verdict" | "seen">} Reading
 * @typedef {{
 *   image: string, strokes?: number[][][], pen_widths?: number[], expected?: string, source?: "canvas" | "upload",
 *   file_name?: string,
 * }} DrawingRequest image: data URL. pen_widths: one for each stroke, in canvas units
 */

/** The Fetch standard limits the bodies of all running keepalive requests to 64 KiB in total. */
const KEEPALIVE_LIMIT = 60000;

/**
 * Read a drawing without recording it.
 * @param {string} image data URL
 * @param {AbortSignal} signal
 * @returns {Promise<Prediction>}
 */
export function preview(image, signal) {
  return call("/predict?record=false", { method: "POST", body: image, headers: { "Content-Type": "text/plain" }, signal });
}

/** The codes for a key that the server refuses for its time. */
const WRONG_TIME = ["idempotency_key_expired", "idempotency_key_in_future"];

/** The last request without a response, and its idempotency key. @type {{body: string, key: string} | null} */
let unanswered = null;

/**
 * Read a drawing and record it. Retries have the same idempotency key, also when a person asks for the same drawing again
 * after a failure, so the drawing is recorded once. A key that is refused because this device's clock is wrong is
 * replaced once.
 * @param {Promise<DrawingRequest>} drawing
 * @param {(failure: Failure) => void} onRetry called before each retry
 * @returns {Promise<Prediction>}
 */
export async function predict(drawing, onRetry) {
  const body = JSON.stringify(await drawing);
  const { key } = (unanswered = unanswered?.body === body ? unanswered : { body, key: newKey() });
  try {
    return await retry(() => record(body, key), onRetry);
  } catch (error) {
    if (!(error instanceof Failure && WRONG_TIME.includes(error.code))) throw error;
    const corrected = newKey(); // by the response that refused the first
    unanswered = { body, key: corrected };
    return retry(() => record(body, corrected), onRetry);
  }
}

/** @param {string} body a DrawingRequest as JSON @param {string} key @returns {Promise<Prediction>} */
async function record(body, key) {
  const prediction = await call("/predict", {
    method: "POST",
    body,
    headers: { "Content-Type": "application/json", "Idempotency-Key": key },
    keepalive: body.length < KEEPALIVE_LIMIT, // completes even if the page is closed
  });
  if (unanswered?.key === key) unanswered = null;
  if (prediction.secret !== null) keepSecret(prediction.id, prediction.secret);
  return prediction;
}
