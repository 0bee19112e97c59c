import { make } from "./elements.js";

/** Load a style sheet that only some visitors need. @param {string} name of a file in css/ */
export function loadStyles(name) {
  document.head.append(make("link", { rel: "stylesheet", href: new URL(`../../css/${name}`, import.meta.url).href }));
}
