import { text } from "../texts.js";
import { make } from "./elements.js";

/**
 * @import {Evidence} from "../network/explanation.js"
 */

/**
 * A drawing with its ink colored: what supports the digit that was read, and what supports the runner-up.
 * @param {Evidence} evidence
 * @param {string} image address
 */
export function evidenceFigure({ digit, runner_up, place, for: supports, against }, image) {
  const drawing = make("div", { className: "evidence", role: "img" });
  drawing.ariaLabel = text("evidence.image", { digit, other: runner_up });
  drawing.append(make("img", { src: image, alt: "" }), overlay(supports, place, "for"), overlay(against, place, "against"));
  const legend = make(
    "figcaption",
    { className: "legend" },
    make("span", { className: "for" }, text("evidence.for", { digit })),
    make("span", { className: "against" }, text("evidence.against", { digit: runner_up })),
  );
  return make("figure", {}, drawing, legend);
}

/**
 * A 28 x 28 map as a tint over the drawing.
 * @param {string} map data URL; only its opacity is used
 * @param {Evidence["place"]} place of the map, in fractions of the drawing
 * @param {"for" | "against"} kind
 */
function overlay(map, place, kind) {
  const element = make("div", { className: `overlay ${kind}` });
  for (const side of /** @type {const} */ (["left", "top", "width", "height"])) {
    element.style[side] = `${100 * place[side]}%`;
  }
  element.style.maskImage = `url("${map}")`;
  return element;
}
