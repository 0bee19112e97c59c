import { compareModels, steps } from "../model/explanation.js";
import { percent } from "../model/text.js";
import { fetchExplanation } from "../network/explanation.js";
import { Bars } from "./bars.js";
import { make } from "./elements.js";

/**
 * @import {DrawPage} from "../selectors.js"
 * @import {Explanation, ModelReading} from "../network/explanation.js"
 * @import {Step} from "../model/explanation.js"
 */

/** The panel that explains a prediction. */
export class ExplanationPanel {
  #page;
  #controller = new AbortController();
  /** Index of the current step; stays the same while the drawing changes. */
  #current = 0;

  /** @param {DrawPage} page */
  constructor(page) {
    this.#page = page;
    document.head.append(make("link", { rel: "stylesheet", href: "/static/css/explanation.css" }));
  }

  get open() {
    return !this.#page.explanation.hidden;
  }

  /** @param {string} image data URL of the drawing */
  async show(image) {
    this.#controller.abort();
    const { signal } = (this.#controller = new AbortController());
    const explanation = await fetchExplanation(image, signal).catch((error) => {
      if (!signal.aborted) throw error;
    });
    if (!explanation) return;
    const opening = !this.open;
    this.#page.explanation.replaceChildren(
      evidence(explanation, image),
      this.#walkthrough(steps(explanation, image)),
      comparison(explanation),
    );
    this.#page.explanation.hidden = false;
    this.#page.showExplanation.ariaExpanded = "true";
    if (opening) this.#page.explanation.scrollIntoView({ block: "start" });
  }

  close() {
    this.#controller.abort();
    this.#page.explanation.hidden = true;
    this.#page.showExplanation.ariaExpanded = "false";
  }

  /** @param {Step[]} all */
  #walkthrough(all) {
    const stage = make("div", { className: "stage", ariaLive: "polite" });
    const buttons = all.map(({ title, pictures }, i) => {
      const thumbnail = make("img", { src: pictures[0] ?? "", alt: "", hidden: pictures.length === 0 });
      const button = make("button", { className: "step" }, thumbnail, title);
      button.addEventListener("click", () => goTo(i));
      return button;
    });
    const back = make("button", { className: "quiet" }, "Back");
    const next = make("button", { className: "quiet" }, "Next");
    back.addEventListener("click", () => goTo(this.#current - 1));
    next.addEventListener("click", () => goTo(this.#current + 1));

    const goTo = (/** @type {number} */ i) => {
      this.#current = Math.max(0, Math.min(i, all.length - 1));
      buttons.forEach((button, k) => (button.ariaCurrent = k === this.#current ? "step" : null));
      back.ariaDisabled = String(this.#current === 0);
      next.ariaDisabled = String(this.#current === all.length - 1);
      stage.replaceChildren(...content(all[this.#current], this.#current, all.length));
    };
    goTo(this.#current);
    return make(
      "section",
      {},
      make("h2", {}, "From pixels to probabilities"),
      make("ol", { className: "steps" }, ...buttons.map((button) => make("li", {}, button))),
      stage,
      make("div", { className: "paging" }, back, next),
    );
  }
}

/** @param {Step} step @param {number} i @param {number} count */
function content({ title, caption, pictures, smooth, probabilities }, i, count) {
  const maps = make("div", { className: "maps" });
  maps.classList.toggle("one", pictures.length === 1);
  maps.classList.toggle("smooth", smooth);
  maps.append(...pictures.map((src) => make("img", { src, alt: "" })));
  const text = make("p", {}, make("strong", {}, `${i + 1} of ${count}: ${title}. `), caption);
  if (!probabilities) return [text, maps];
  const list = make("ol", { className: "bars", ariaHidden: "true" });
  new Bars(list).show(probabilities);
  const best = probabilities.indexOf(Math.max(...probabilities));
  return [text, list, make("p", { className: "visually-hidden" }, `The most probable digit is ${best}: ${percent(probabilities[best])}.`)];
}

/** @param {Explanation} explanation @param {string} image */
function evidence({ digit, runner_up, place, for: supports, against }, image) {
  const figure = make("div", { className: "evidence", role: "img" });
  figure.ariaLabel = `The drawing. Highlighted: the ink that supports ${digit} and the ink that supports ${runner_up}.`;
  figure.append(make("img", { src: image, alt: "" }), overlay(supports, place, "for"), overlay(against, place, "against"));
  return make(
    "section",
    {},
    make("h2", {}, `Why ${digit} and not ${runner_up}?`),
    figure,
    make(
      "ul",
      { className: "legend" },
      make("li", { className: "for" }, `supports ${digit}`),
      make("li", { className: "against" }, `supports ${runner_up}, the runner-up`),
    ),
    make(
      "p",
      {},
      "Each part of the ink is covered in turn, and the network reads the drawing again. The more this changes the " +
        "result, the stronger the color.",
    ),
  );
}

/**
 * A 28 x 28 map as a tinted overlay, aligned with the drawing.
 * @param {string} map data URL; only its opacity is used
 * @param {Explanation["place"]} place
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

/** @param {Explanation} explanation */
function comparison({ models, digit }) {
  const headings = ["Network", "Whole drawing resized", "Normalized like MNIST"];
  const cell = (/** @type {ModelReading | undefined} */ reading) => {
    if (!reading) return make("td", { className: "none" }, "–");
    const same = reading.digit === digit;
    return make(
      "td",
      { className: same ? "same" : "other" },
      make("strong", {}, String(reading.digit)),
      ` ${percent(reading.confidence)}`,
    );
  };
  return make(
    "section",
    { className: "comparison" },
    make("h2", {}, "The same drawing, read by other networks"),
    make(
      "table",
      {},
      make("thead", {}, make("tr", {}, ...headings.map((heading) => make("th", { scope: "col" }, heading)))),
      make(
        "tbody",
        {},
        ...compareModels(models).map(({ name, plain, mnist }) =>
          make("tr", {}, make("th", { scope: "row" }, name), cell(plain), cell(mnist)),
        ),
      ),
    ),
    make(
      "p",
      {},
      "The rows show what a larger network gains, the columns what cropping, scaling and centering the ink gains. " +
        "Draw a small digit in a corner to see the difference.",
    ),
  );
}
