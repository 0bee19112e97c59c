import { describeLayer, heat } from "../model/explanation.js";
import { percent } from "../model/text.js";
import { Failure } from "../network/client.js";
import { Explainer } from "../network/explanation.js";
import { text } from "../texts.js";
import { Bars } from "./bars.js";
import { Channels } from "./channels.js";
import { comparison } from "./comparison.js";
import { make } from "./elements.js";
import { loadStyles } from "./styles.js";
import { Trace } from "./trace.js";

/**
 * @import {DrawPage} from "../selectors.js"
 * @import {Drawing} from "../model/drawing.js"
 * @import {DrawingRequest} from "../network/predict.js"
 * @import {Look} from "../network/explanation.js"
 * @import {LocalReader} from "../reading/local.js"
 * @import {Input} from "../reading/read.js"
 * @import {Normalized, Question} from "../reading/worker.js"
 * @typedef {"why" | "input" | "layer" | "digits" | "others"} Kind
 * @typedef {{kind: Kind, layer?: number}} Step layer: 0 is the first
 */

await loadStyles("explanation.css");

/** The number of convolutions, which the first answer corrects if it is another. */
const LAYERS = 7;

/** The panel that explains a prediction, beside the paper. It has the same height whatever it shows. */
export class ExplanationPanel {
  #page;
  #trace;
  #tabs = make("ol", { className: "steps" });
  #text = make("p", { className: "explanation-text" });
  #body = make("div", { className: "stage", tabIndex: 0 }); // it scrolls on small screens
  #channels;
  #step = 0;
  /** @type {Step[]} */
  #steps = [];
  /** @type {Explainer | null} */
  #explainer = null;
  /** Whether a stroke is unfinished. */
  #moving = false;
  #busy = false;
  #again = false;

  /** @param {DrawPage} page @param {Drawing} drawing */
  constructor(page, drawing) {
    this.#page = page;
    this.#trace = new Trace(page, drawing);
    this.#channels = new Channels(() => void this.#refresh());
    this.#page.explanation.append(this.#tabs, this.#text, this.#body);
    this.#setSteps(LAYERS);
  }

  get open() {
    return !this.#page.explanation.hidden;
  }

  /**
   * Open it, or follow the drawing.
   * @param {LocalReader | null} local
   * @param {Input | Normalized} input for it
   * @param {() => Promise<DrawingRequest>} request for the server
   * @param {number | null} digit of a number to explain, counted from 0; null: the drawing as one digit
   * @param {boolean} moving whether a stroke is unfinished; the ink on the paper is colored once it ends
   */
  show(local, input, request, digit, moving) {
    this.#explainer = new Explainer(local, input, request, digit);
    this.#moving = moving;
    if (moving) this.#trace.hide();
    this.#setOpen(true);
    void this.#refresh();
  }

  /** Open it, and wait for a drawing. */
  showBlank() {
    this.#explainer = null;
    this.#trace.hide();
    this.#setOpen(true);
    this.#text.textContent = text("explanation.blank");
    this.#body.replaceChildren();
  }

  close() {
    this.#explainer = null;
    this.#trace.hide();
    this.#setOpen(false);
  }

  /** @param {boolean} open */
  #setOpen(open) {
    this.#page.explanation.hidden = !open;
    this.#page.draw.classList.toggle("explaining", open);
    this.#page.showExplanation.ariaExpanded = String(open);
  }

  /** @param {number} layers */
  #setSteps(layers) {
    this.#steps = [
      { kind: "why" },
      { kind: "input" },
      ...Array.from({ length: layers }, (_, layer) => ({ kind: /** @type {const} */ ("layer"), layer })),
      { kind: "digits" },
      { kind: "others" },
    ];
    this.#tabs.replaceChildren(
      ...this.#steps.map(({ kind, layer }, i) => {
        const name = kind === "layer" ? text("explanation.layer", { n: Number(layer) + 1 }) : text(`explanation.step.${kind}`);
        const button = make("button", { className: "step", ariaLabel: name }, layer ? String(layer + 1) : name);
        button.ariaCurrent = i === this.#step ? "step" : null;
        button.addEventListener("click", () => this.#goTo(i));
        return make("li", {}, button);
      }),
    );
  }

  /** @param {number} i */
  #goTo(i) {
    this.#step = i;
    this.#tabs.querySelectorAll("button").forEach((button, k) => (button.ariaCurrent = k === i ? "step" : null));
    this.#channels.close();
    this.#trace.hide();
    this.#body.scrollTop = 0;
    void this.#refresh();
  }

  /** Show the newest state. While that runs, further changes lead to one more run. */
  async #refresh() {
    this.#again = this.#busy;
    if (this.#busy) return;
    this.#busy = true;
    try {
      do {
        this.#again = false;
        await this.#render();
      } while (this.#again);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#text.textContent = text("explanation.stale", { problem: error.message });
    } finally {
      this.#busy = false;
    }
  }

  async #render() {
    const step = this.#step;
    const { kind, layer } = this.#steps[step];
    const explainer = this.#explainer;
    const look = await explainer?.look(layer ?? 0, this.#moving);
    // While a stroke grows, a slightly older state is better than none.
    if (!look || !explainer || !this.#explainer || step !== this.#step) return;
    if (look.shapes.length !== this.#steps.length - 4) this.#setSteps(look.shapes.length);
    if (layer !== undefined) {
      this.#text.textContent = describeLayer(layer, look.shapes[layer]);
      const channels = this.#channels.show(look.values, look.shapes[layer], this.#moving);
      if (!channels.isConnected) this.#body.replaceChildren(channels); // once, so that it keeps focus and scroll position
      const channel = this.#channels.open;
      if (channel === null) this.#trace.hide();
      else void this.#color(explainer, look, { layer, channel });
    } else if (kind === "others") {
      await this.#showOthers(explainer);
    } else {
      this.#showReading(kind, look);
      if (kind === "why") void this.#color(explainer, look, "evidence");
    }
  }

  /** @param {Kind} kind of the step @param {Look} look */
  #showReading(kind, { reading: { digit, runnerUp, probabilities, verdict }, seen }) {
    const bars = make("ol", { className: "bars", ariaHidden: "true" });
    new Bars(bars).show([...probabilities]);
    const share = percent(probabilities[digit]);
    const best = make("p", { className: "visually-hidden" }, text("explanation.best", { digit, share }));
    if (kind === "why") {
      this.#text.textContent = text("explanation.why");
      const legend = make("ul", { className: "legend" });
      legend.append(
        make("li", { className: "for" }, text("evidence.for", { digit })),
        make("li", { className: "against" }, text("evidence.against", { digit: runnerUp })),
      );
      const values = { digit, other: runnerUp };
      const heading = text(verdict === "not_a_digit" ? "explanation.question_none" : "explanation.question", values);
      this.#body.replaceChildren(make("h2", {}, heading), legend, bars, best);
    } else if (kind === "digits") {
      this.#text.textContent = text("explanation.digits");
      this.#body.replaceChildren(bars, best);
    } else {
      this.#text.textContent = text("explanation.input");
      const input = make("canvas", { className: "input", width: 28, height: 28, role: "img" });
      input.ariaLabel = text("explanation.input_image");
      input.getContext("2d")?.putImageData(new ImageData(heat(seen, 255), 28, 28), 0, 0);
      this.#body.replaceChildren(input);
    }
  }

  /** Color the ink on the paper once the stroke ends. @param {Explainer} explainer @param {Look} look @param {Question} question */
  async #color(explainer, { place }, question) {
    if (this.#moving) return;
    const step = this.#step;
    const map = await explainer.trace(question).catch(() => null);
    if (explainer !== this.#explainer || step !== this.#step || this.#moving) return;
    if (map) this.#trace.show(map, place);
    if (question !== "evidence" && question.channel === this.#channels.open) this.#channels.traced(Boolean(map));
  }

  /** @param {Explainer} explainer */
  async #showOthers(explainer) {
    if (this.#moving) return;
    this.#text.textContent = text("explanation.others");
    const explanation = await explainer.askServer();
    if (explainer === this.#explainer) this.#body.replaceChildren(comparison(explanation));
  }
}
