/** The time, with the error of this device's clock corrected by the `Date` header of the server's responses. */

/** By this many ms the time of a response may be after its `Date`: that has whole seconds and is renewed once per second. */
const DATE_AGE = 2000;

/** The server's clock minus this device's, in ms. */
let correction = 0;

/** @returns {number} ms since 1970, as `Date.now` */
export function now() {
  return Date.now() + correction;
}

/**
 * Compare the clocks. The correction changes only if it can't explain the response, so times don't jump back and forth.
 * @param {Response} response
 * @param {number} sent `Date.now()` when the request was sent
 */
export function compareClocks(response, sent) {
  const date = Date.parse(response.headers.get("Date") ?? "");
  if (Number.isNaN(date)) return;
  const [least, most] = [date - Date.now(), date + DATE_AGE - sent];
  if (correction < least || correction > most) correction = (least + most) / 2;
}
