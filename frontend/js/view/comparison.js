import { compareModels } from "../model/explanation.js";
import { percent } from "../model/text.js";
import { text } from "../texts.js";
import { make } from "./elements.js";

/**
 * @import {ModelReading, ServerExplanation} from "../network/explanation.js"
 */

/** @param {ServerExplanation} explanation @returns {HTMLElement} what other networks read in the same drawing */
export function comparison({ models, digit }) {
  const headings = [text("explanation.network"), text("explanation.plain"), text("explanation.mnist")];
  const cell = (/** @type {ModelReading | undefined} */ reading) => {
    if (!reading) return make("td", { className: "none" }, "–");
    const className = reading.digit === digit ? "same" : "other";
    return make("td", { className }, make("strong", {}, String(reading.digit)), ` ${percent(reading.confidence)}`);
  };
  const rows = compareModels(models).map(({ name, plain, mnist }) =>
    make("tr", {}, make("th", { scope: "row" }, name), cell(plain), cell(mnist)),
  );
  return make(
    "table",
    { className: "comparison" },
    make("caption", { className: "visually-hidden" }, text("explanation.comparison")),
    make("thead", {}, make("tr", {}, ...headings.map((heading) => make("th", { scope: "col" }, heading)))),
    make("tbody", {}, ...rows),
  );
}
