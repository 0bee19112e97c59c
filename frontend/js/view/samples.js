import { curve, SIZE } from "../model/geometry.js";
import { SAMPLES } from "../model/samples.js";
import { labelText } from "../model/text.js";
import { text } from "../texts.js";
import { make } from "./elements.js";
import { loadStyles } from "./styles.js";

/**
 * @import {DrawPage} from "../selectors.js"
 * @import {Drawing} from "../model/drawing.js"
 * @import {Stroke} from "../model/geometry.js"
 */

await loadStyles("samples.css");

const SVG = "http://www.w3.org/2000/svg";

/** @type {HTMLDialogElement | undefined} */
let dialog;

/** Let a person choose a sample drawing, which replaces what is on the canvas. @param {DrawPage} page @param {Drawing} drawing */
export function chooseSample(page, drawing) {
  dialog ??= build(page, drawing);
  dialog.showModal();
}

/** @param {DrawPage} page @param {Drawing} drawing */
function build(page, drawing) {
  const choices = SAMPLES.map(({ label, strokes }, i) => {
    const name = text("draw.sample", { n: i + 1, label: labelText(label) });
    const button = make("button", { className: "sample", title: name, ariaLabel: name }, thumbnail(strokes));
    button.addEventListener("click", () => {
      page.expected.value = ""; // it was meant for the drawing before
      drawing.restore({ strokes, picture: null, eraserPaths: [], width: SIZE, box: null });
      built.close();
      page.predict.focus();
    });
    return button;
  });
  const close = make("button", { className: "quiet" }, text("close"));
  const built = make(
    "dialog",
    { className: "samples", ariaLabel: page.samples.title },
    make("h2", {}, page.samples.title),
    make("p", {}, text("draw.samples_use")),
    make("div", { className: "choices" }, ...choices),
    close,
  );
  close.addEventListener("click", () => built.close());
  built.addEventListener("keydown", (event) => event.stopPropagation()); // the page's shortcuts would change the drawing
  document.body.append(built);
  return built;
}

/** @param {readonly Stroke[]} strokes */
function thumbnail(strokes) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${SIZE} ${SIZE}`);
  svg.setAttribute("aria-hidden", "true");
  for (const { points, width } of strokes) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", curve(points));
    path.setAttribute("stroke-width", String(width));
    svg.append(path);
  }
  return svg;
}
