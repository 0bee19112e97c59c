import { rivals, steps } from "../model/explanation.js";
import { percent } from "../model/words.js";
import { explain } from "../network/explain.js";
import { Bars } from "./bars.js";
import { make } from "./elements.js";

/**
 * @import {DrawPage} from "../selectors.js"
 * @import {Explanation, Opinion} from "../network/explain.js"
 * @import {Step} from "../model/explanation.js"
 */

/** The explanation of what was read, for as long as it is open. */
export class Why {
  #page;
  #controller = new AbortController();
  /** Which step of the way is shown; kept while the drawing changes. */
  #at = 0;

  /** @param {DrawPage} page */
  constructor(page) {
    this.#page = page;
    document.head.append(make("link", { rel: "stylesheet", href: "/static/css/why.css" }));
  }

  get open() {
    return !this.#page.explanation.hidden;
  }

  /** @param {string} image data URL of the drawing */
  async show(image) {
    this.#controller.abort();
    const { signal } = (this.#controller = new AbortController());
    const explanation = await explain(image, signal).catch((error) => {
      if (!signal.aborted) throw error;
    });
    if (!explanation) return;
    const opening = !this.open;
    this.#page.explanation.replaceChildren(
      evidence(explanation, image),
      this.#way(steps(explanation, image)),
      comparison(explanation),
    );
    this.#page.explanation.hidden = false;
    this.#page.why.ariaExpanded = "true";
    if (opening) this.#page.explanation.scrollIntoView({ block: "start" });
  }

  close() {
    this.#controller.abort();
    this.#page.explanation.hidden = true;
    this.#page.why.ariaExpanded = "false";
  }

  /** @param {Step[]} all */
  #way(all) {
    const stage = make("div", { className: "stage", ariaLive: "polite" });
    const buttons = all.map(({ title, pictures }, i) => {
      const thumb = make("img", { src: pictures[0] ?? "", alt: "", hidden: pictures.length === 0 });
      const button = make("button", { className: "step" }, thumb, title);
      button.addEventListener("click", () => go(i));
      return button;
    });
    const back = make("button", { className: "quiet" }, "Back");
    const next = make("button", { className: "quiet" }, "Next");
    back.addEventListener("click", () => go(this.#at - 1));
    next.addEventListener("click", () => go(this.#at + 1));

    const go = (/** @type {number} */ i) => {
      this.#at = Math.max(0, Math.min(i, all.length - 1));
      buttons.forEach((button, k) => (button.ariaCurrent = k === this.#at ? "step" : null));
      back.ariaDisabled = String(this.#at === 0);
      next.ariaDisabled = String(this.#at === all.length - 1);
      stage.replaceChildren(...content(all[this.#at], this.#at, all.length));
    };
    go(this.#at);
    return make(
      "section",
      { className: "way" },
      make("h2", {}, "From pixels to ten numbers"),
      make("ol", { className: "steps" }, ...buttons.map((button) => make("li", {}, button))),
      stage,
      make("div", { className: "turn" }, back, next),
    );
  }
}

/** @param {Step} step @param {number} i @param {number} count */
function content({ title, caption, pictures, smooth, probabilities }, i, count) {
  const maps = make("div", { className: "maps" });
  maps.classList.toggle("one", pictures.length === 1);
  maps.classList.toggle("smooth", smooth);
  maps.append(...pictures.map((src) => make("img", { src, alt: "" })));
  const words = make("p", {}, make("strong", {}, `${i + 1} of ${count}: ${title}. `), caption);
  if (!probabilities) return [words, maps];
  const list = make("ol", { className: "bars", ariaHidden: "true" });
  new Bars(list).show(probabilities);
  const best = probabilities.indexOf(Math.max(...probabilities));
  return [words, list, make("p", { className: "unseen" }, `Most for ${best}: ${percent(probabilities[best])}.`)];
}

/** @param {Explanation} explanation @param {string} image */
function evidence({ digit, runner_up, place, for: supports, against }, image) {
  const figure = make("div", { className: "evidence", role: "img" });
  figure.ariaLabel = `The drawing; marked is what spoke for ${digit} and what spoke for ${runner_up}.`;
  figure.append(make("img", { src: image, alt: "" }), veil(supports, place, "for"), veil(against, place, "against"));
  const told = make(
    "ul",
    { className: "legend" },
    make("li", { className: "for" }, `spoke for ${digit}`),
    make("li", { className: "against" }, `spoke for ${runner_up}, the runner-up`),
  );
  return make(
    "section",
    { className: "because" },
    make("h2", {}, `Why ${digit} and not ${runner_up}?`),
    figure,
    told,
    make(
      "p",
      {},
      "Each part of the ink was covered in turn, and the network asked again: the more the answer suffers, the stronger the color.",
    ),
  );
}

/**
 * A map of 28 x 28 as a tinted veil over the drawing, where its pixels lie.
 * @param {string} map data URL whose opacity counts
 * @param {Explanation["place"]} place in shares of the drawing
 * @param {string} kind
 */
function veil(map, place, kind) {
  const element = make("div", { className: `veil ${kind}` });
  for (const side of /** @type {const} */ (["left", "top", "width", "height"])) {
    element.style[side] = `${100 * place[side]}%`;
  }
  element.style.maskImage = `url("${map}")`;
  return element;
}

/** @param {Explanation} explanation */
function comparison({ models, digit }) {
  const heads = ["Network", "Drawing resized as it is", "In MNIST's form"];
  const cell = (/** @type {Opinion | undefined} */ opinion) => {
    if (!opinion) return make("td", { className: "none" }, "–");
    const same = opinion.digit === digit;
    return make(
      "td",
      { className: same ? "same" : "other" },
      make("strong", {}, String(opinion.digit)),
      ` ${percent(opinion.confidence)}`,
    );
  };
  return make(
    "section",
    { className: "comparison" },
    make("h2", {}, "The same drawing, other networks"),
    make(
      "table",
      {},
      make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))),
      make(
        "tbody",
        {},
        ...rivals(models).map(({ name, plain, mnist }) =>
          make("tr", {}, make("th", { scope: "row" }, name), cell(plain), cell(mnist)),
        ),
      ),
    ),
    make(
      "p",
      {},
      "Down the table: what more of a network buys. Across: what cutting out, scaling and centering the ink buys. Draw small, in a corner, and look again.",
    ),
  );
}
