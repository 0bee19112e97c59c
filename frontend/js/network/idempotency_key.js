import { now } from "./clock.js";

/**
 * Create an idempotency key. Not by `crypto.randomUUID`, which creates version 4 and is missing on pages without HTTPS.
 * @param {number} [time] ms since 1970, of this device's corrected clock by default
 * @returns {string} a UUID version 7 (RFC 9562, 5.7)
 */
export function newKey(time = now()) {
  const random = crypto.getRandomValues(new Uint8Array(10));
  random[0] = (random[0] & 0x0f) | 0x70; // version 7
  random[2] = (random[2] & 0x3f) | 0x80; // the variant of RFC 9562
  const hex = toHex(Math.floor(time), 12) + Array.from(random, (byte) => toHex(byte, 2)).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** @param {number} value @param {number} digits */
function toHex(value, digits) {
  return value.toString(16).padStart(digits, "0");
}
