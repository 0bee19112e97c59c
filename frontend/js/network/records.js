import { call, callJSON, Failure } from "./client.js";
import { secretHeaders } from "./secrets.js";

/**
 * The calls of the recorder.
 *
 * @import {Counts} from "../model/counts.js"
 * @import {NumberDigit, Verdict} from "./predict.js"
 * @typedef {{
 *   id: string, date: string, result: string, digit: number | null, digits: NumberDigit[] | null, confidence: number, probabilities: number[],
 *   verdict: Verdict, source: "canvas" | "upload", file_name: string | null, expected: string | null,
 *   label: string | null, pen_widths: number[] | null, model_version: string, image?: string,
 * }} PredictionRecord expected: the digit or number given before Predict. label: the correction made after it.
 *   pen_widths: one for each stroke, in canvas units; null: unknown. image: data URL, only of a record on this device
 */

const PAGE_SIZE = 50;

/** With a filter, the server may return a short page although there are more matches: up to this many calls fill it. */
const MAX_CALLS = 10;

/**
 * A page of records, newest first. It may be short, or even empty, while `next` leads to older matches.
 * @param {URLSearchParams} filter
 * @param {string | null} before cursor; null: start with the newest record
 * @returns {Promise<{records: PredictionRecord[], next: string | null}>}
 */
export async function listRecords(filter, before) {
  /** @type {PredictionRecord[]} */
  const records = [];
  let next = before;
  for (let calls = 0; calls < MAX_CALLS; calls++) {
    const query = new URLSearchParams([["limit", String(PAGE_SIZE - records.length)], ...filter]);
    if (next !== null) query.set("before", next);
    const page = await call(`/records?${query}`);
    records.push(...page.records);
    next = page.next;
    if (next === null || records.length === PAGE_SIZE) break;
  }
  return { records, next };
}

/**
 * Records that nobody has labeled, newest first, as many as one call returns.
 * @param {string | null} before cursor; null: start with the newest record
 * @returns {Promise<{records: PredictionRecord[], next: string | null}>}
 */
export function listUnlabeled(before) {
  const query = new URLSearchParams({ corrected: "false", limit: "500" });
  if (before !== null) query.set("before", before);
  return call(`/records?${query}`);
}

/** @param {string} id @returns {Promise<PredictionRecord>} */
export function fetchRecord(id) {
  return call(`/records/${id}`, { headers: secretHeaders(id) });
}

/**
 * Correct a prediction. The prediction itself stays as it is; the label is stored beside it.
 * @param {string} id
 * @param {string | null} label "0" to "9", a number or "not_a_digit"; null removes the correction
 */
export function correctRecord(id, label) {
  return callJSON(`/records/${id}`, { label }, { method: "PATCH", headers: secretHeaders(id) });
}

/** Delete a record for good. @param {string} id */
export function deleteRecord(id) {
  return call(`/records/${id}`, { method: "DELETE", headers: secretHeaders(id) });
}

/** The address of a record's drawing, in a type that every browser shows. @param {{id: string, image?: string}} record */
export function imageAddress({ id, image }) {
  return image ?? `/records/${id}/image.png?viewable=true`;
}

/** The drawing of a record as it was sent. @param {string} id @returns {Promise<Blob>} */
export function fetchImage(id) {
  return call(`/records/${id}/image.png`, { headers: secretHeaders(id) }, (response) => response.blob());
}

/**
 * The strokes of a record.
 * @param {string} id
 * @returns {Promise<number[][][] | null>} [[[x, y, ms], ...], ...]; null: the record has no strokes
 */
export async function fetchStrokes(id) {
  try {
    return await call(`/records/${id}/strokes`, { headers: secretHeaders(id) });
  } catch (error) {
    if (error instanceof Failure && error.code === "no_strokes") return null;
    throw error;
  }
}

/** @returns {Promise<Counts>} */
export function fetchCounts() {
  return call("/records/counts");
}
