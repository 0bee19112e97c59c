import { call } from "./api.js";

/**
 * Calls of the recorder.
 *
 * @import {DayCount, Confusion} from "../model/counts.js"
 * @import {Verdict} from "./api.js"
 * @typedef {{
 *   id: string, date: string, result: string, digit: number, confidence: number, probabilities: number[],
 *   verdict: Verdict, source: "canvas" | "upload", file_name: string | null, expected: string | null,
 *   label: string | null, model_version: string,
 * }} Recorded
 */

/** Records on a page of the table, and how many calls it may take to fill it. */
const PAGE = 50;
const PAGE_CALLS = 10;

/** Delete a record for good. @param {string} id */
export function remove(id) {
  return call(`/records/${id}`, { method: "DELETE" });
}

/**
 * A page of records, newest first. With a filter the server looks through a bounded number of records
 * at a call, so several calls may make one page, and a page may end early.
 * @param {URLSearchParams} filter
 * @param {string | null} before cursor; null: the newest
 * @returns {Promise<{records: Recorded[], next: string | null}>}
 */
export async function records(filter, before) {
  const page = { records: /** @type {Recorded[]} */ ([]), next: before };
  for (let calls = 0; calls < PAGE_CALLS && page.records.length < PAGE; calls++) {
    const query = new URLSearchParams([["limit", String(PAGE - page.records.length)], ...filter]);
    if (page.next !== null) query.set("before", page.next);
    const answer = await call(`/records?${query}`);
    page.records.push(...answer.records);
    page.next = answer.next;
    if (page.next === null) break;
  }
  return page;
}

/** The drawing of a record as it was sent. @param {string} id @returns {Promise<Blob>} */
export function image(id) {
  return call(`/records/${id}/image.png`, {}, (response) => response.blob());
}

/** @returns {Promise<{days: DayCount[], confusion: Confusion[]}>} */
export function counts() {
  return call("/records/counts");
}

/**
 * The strokes of a record that was drawn on the canvas: [[[x, y, ms], ...], ...].
 * @param {string} id
 * @returns {Promise<number[][][]>}
 */
export function strokes(id) {
  return call(`/records/${id}/strokes`);
}
