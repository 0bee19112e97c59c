/**
 * Short texts in `localStorage` or `sessionStorage`; in this page's memory where site data is blocked, since there even
 * naming these throws.
 */

/** @type {Map<string, string>} */
const memory = new Map();

/** @param {"localStorage" | "sessionStorage"} storage @param {string} key @returns {string | null} */
export function readText(storage, key) {
  try {
    return window[storage].getItem(key) ?? memory.get(key) ?? null;
  } catch {
    return memory.get(key) ?? null;
  }
}

/**
 * @param {"localStorage" | "sessionStorage"} storage @param {string} key @param {string} text
 * @returns {boolean} false: it is in this page's memory only
 */
export function writeText(storage, key, text) {
  try {
    window[storage].setItem(key, text);
    return true;
  } catch {
    memory.set(key, text);
    return false;
  }
}
