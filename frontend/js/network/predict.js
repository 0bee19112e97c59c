import { call, callJSON, JSON_TYPE } from "./client.js";
import { keepSecret } from "./secrets.js";

/**
 * The calls that read a drawing; /openapi.json describes the fields.
 *
 * @import {Normalized} from "../reading/worker.js"
 * @typedef {"digit" | "number" | "unsure" | "not_a_digit"} Verdict
 * @typedef {[number, number, number, number]} Box left, top, width and height in fractions of the image
 * @typedef {{
 *   id: string, date: string, result: string, digit: number | null, digits: NumberDigit[] | null, runner_up: number,
 *   confidence: number, probabilities: number[], verdict: Verdict, box: Box,
 *   recorded: "stored" | "queued" | "no", seen: string, model_version: string, secret: string | null,
 * }} Prediction digit: null for a number, which has digits. box: of what was read. seen: data URL of the 28x28
 *   network input. secret: to correct or delete the record; null: not recorded
 * @typedef {{digit: number, confidence: number, box: Box, probabilities: number[], verdict: Verdict,
 *   input?: Normalized}} NumberDigit input: what the network in this browser saw, if it has read the number
 * @typedef {Pick<Prediction, "result" | "digit" | "digits" | "runner_up" | "confidence" | "probabilities" | "verdict" | "box" | "seen">
 *   & {cuttable?: boolean}} Reading cuttable: whether this browser may find another number if it cuts touching digits
 * @typedef {{
 *   image: string, strokes?: number[][][], pen_widths?: number[], expected?: string, source?: "canvas" | "upload",
 *   file_name?: string,
 * }} DrawingRequest image: data URL. pen_widths: one for each stroke, in canvas units
 */

/** The Fetch standard limits the bodies of all running keepalive requests to 64 KiB in total. */
const KEEPALIVE_LIMIT = 60000;

/**
 * Read a drawing without recording it.
 * @param {DrawingRequest} request
 * @param {AbortSignal} signal
 * @returns {Promise<Prediction>}
 */
export function preview(request, signal) {
  return callJSON("/predict?record=false", request, { signal });
}

/**
 * Read a drawing on the server and record it. Requests with the same idempotency key make one record.
 * @param {string} body a DrawingRequest as JSON
 * @param {string} key
 * @param {string | null} reading digit or number and verdict that this browser's own network read; the server counts differences
 * @param {Record<string, string>} [room] the headers of the room in which it was drawn
 * @returns {Promise<Prediction>}
 */
export async function record(body, key, reading, room = {}) {
  const prediction = await call("/predict", {
    method: "POST",
    body,
    headers: {
      ...JSON_TYPE,
      "Idempotency-Key": key,
      ...(reading && { "Digitpad-Page-Reading": reading }),
      ...room,
    },
    keepalive: body.length < KEEPALIVE_LIMIT, // completes even if the page is closed
  });
  if (prediction.secret !== null) keepSecret(prediction.id, prediction.secret);
  return prediction;
}
