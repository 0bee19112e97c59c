/**
 * Which records the recorder page shows. The address of the page contains it, so that it can be bookmarked, shared and gone
 * back to.
 *
 * @typedef {{before: string | null, from: number}} Position of a page of records. before: the cursor; null: the newest
 *   page. from: the number of its first record, counted from 1
 */

import { formatNumber, text } from "../texts.js";

/** @type {Position} */
export const NEWEST = { before: null, from: 1 };

/** @param {URLSearchParams} query of the address @returns {Position} */
export function positionIn(query) {
  const before = query.get("before");
  const from = Number(query.get("from"));
  return before === null ? NEWEST : { before, from: Number.isSafeInteger(from) && from > 1 ? from : 1 };
}

/** @param {URLSearchParams} filter @param {Position} position @returns {string} address relative to the server */
export function address(filter, { before, from }) {
  const query = new URLSearchParams(filter);
  if (before !== null) {
    query.set("before", before);
    query.set("from", String(from));
  }
  return query.size > 0 ? `${location.pathname}?${query}` : location.pathname;
}

/**
 * @param {Position} position
 * @param {number} shown how many records the page has
 * @param {boolean} last whether there are no older matches
 * @param {number | null} matching how many records match the filter; null: unknown
 * @returns {string} such as "51–100 of 1,234 predictions"
 */
export function rangeText({ from }, shown, last, matching) {
  if (shown === 0) return "";
  const to = from + shown - 1;
  const total = last ? to : matching && Math.max(matching, to);
  if (total === 1) return text("recorder.count", { n: 1 });
  const range = to === from ? formatNumber(from) : `${formatNumber(from)}–${formatNumber(to)}`;
  return total === null ? text("recorder.range_open", { range }) : text("recorder.range", { range, n: total });
}
