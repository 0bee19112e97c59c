import { make } from "./elements.js";

/**
 * Load a style sheet that only some visitors need. The modules that need it wait, so that nothing is shown without its style.
 * @param {string} name of a file in css/
 * @returns {Promise<unknown>} fulfilled when the style sheet applies, and also when it could not be loaded
 */
export function loadStyles(name) {
  const href = new URL(`../../css/${name}`, import.meta.url).href;
  return new Promise((resolve) => {
    document.head.append(make("link", { rel: "stylesheet", href, onload: resolve, onerror: resolve }));
  });
}
