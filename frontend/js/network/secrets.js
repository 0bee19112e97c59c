/**
 * The secrets of the records that this tab made; with them a visitor may correct and delete these records. They are kept
 * until the tab is closed.
 */

const PREFIX = "digitpad.secret.";

/** @param {string} id of a record @param {string} secret that the server returned with it */
export function keepSecret(id, secret) {
  sessionStorage.setItem(PREFIX + id, secret);
}

/** @param {string} id of a record */
export function hasSecret(id) {
  return sessionStorage.getItem(PREFIX + id) !== null;
}

/** @param {string} id of a record @returns {Record<string, string>} request headers; none if this tab did not make it */
export function secretHeaders(id) {
  const secret = sessionStorage.getItem(PREFIX + id);
  return secret === null ? {} : { "Digitpad-Secret": secret };
}
