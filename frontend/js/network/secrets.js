import { readText, writeText } from "../storage/texts.js";

/**
 * The secrets of the records that this tab made; with them a visitor may correct and delete these records. They are kept
 * until the tab is closed.
 */

const PREFIX = "digitpad.secret.";

/** Ids of the drawings that were made with this browser, the last ones: nobody labels their own. */
const DRAWN = "digitpad.drawn";
const MOST_DRAWN = 500;

/** @param {string} id of a record @param {string} secret that the server returned with it */
export function keepSecret(id, secret) {
  writeText("sessionStorage", PREFIX + id, secret);
  const drawn = drawnHere().filter((each) => each !== id);
  writeText("localStorage", DRAWN, [...drawn, id].slice(-MOST_DRAWN).join(" "));
}

/** @returns {string[]} ids of records that were made with this browser */
export function drawnHere() {
  return readText("localStorage", DRAWN)?.split(" ") ?? [];
}

/** @param {string} id of a record */
export function hasSecret(id) {
  return readText("sessionStorage", PREFIX + id) !== null;
}

/** @param {string} id of a record @returns {Record<string, string>} request headers; none if this tab did not make it */
export function secretHeaders(id) {
  const secret = readText("sessionStorage", PREFIX + id);
  return secret === null ? {} : { "Digitpad-Secret": secret };
}
