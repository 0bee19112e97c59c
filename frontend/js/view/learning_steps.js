import { accuracyText, columnName, labelText, wholePercent } from "../model/text.js";
import { text } from "../texts.js";
import { make } from "./elements.js";
import { showMatrix } from "./matrix.js";

/**
 * @import {Confusion} from "../model/counts.js"
 * @import {WallPage} from "../selectors.js"
 * @import {Tiles} from "./tiles.js"
 * @typedef {{id: string, meant: string, read: string[]}} Answered a drawing, and how it is read at each shown step; as labels
 */

const PACE = 2000; // ms for each step when they are played, so that a class can follow
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

/** The steps in which the network learned: the accuracy, the confusion matrix, and the answers that changed at each. */
export class LearningSteps {
  #page;
  #tiles;
  /** @type {Answered[]} */
  #drawings = [];
  /** How many steps of training each shown step stands for; the first is 0. @type {number[]} */
  #steps = [];
  #timer = 0;

  /** @param {WallPage} page @param {Tiles} tiles where the pictures come from */
  constructor(page, tiles) {
    this.#page = page;
    this.#tiles = tiles;
    page.learnedStep.addEventListener("input", () => this.#go(this.#at));
    page.previousStep.addEventListener("click", () => this.#go(this.#at - 1));
    page.nextStep.addEventListener("click", () => this.#go(this.#at + 1));
    page.playSteps.addEventListener("click", () => (this.#timer ? this.stop() : this.#play()));
    page.sinceBeginning.addEventListener("change", () => this.#show());
  }

  /** @param {Answered[]} drawings @param {number[]} steps */
  start(drawings, steps) {
    const { learnedStep, playSteps } = this.#page;
    [this.#drawings, this.#steps] = [drawings, steps];
    learnedStep.max = String(steps.length - 1);
    learnedStep.value = "0";
    playSteps.hidden = STILL.matches;
    this.stop();
    this.#show();
  }

  /** Stop playing. */
  stop() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#page.playSteps.textContent = text("learning.play");
  }

  get #at() {
    return Number(this.#page.learnedStep.value);
  }

  /** @param {number} at the step to show; the browser keeps it in its range */
  set #at(at) {
    this.#page.learnedStep.value = String(at);
    this.#show();
  }

  #play() {
    this.#at = this.#at < this.#steps.length - 1 ? this.#at + 1 : 0;
    this.#page.playSteps.textContent = text("wall.pause");
    this.#timer = setInterval(() => {
      this.#at += 1;
      if (this.#at === this.#steps.length - 1) this.stop();
    }, PACE);
  }

  /** Show a step that somebody chose. @param {number} at */
  #go(at) {
    this.stop();
    this.#at = at;
  }

  #show() {
    const { learnedStep, learnedAt, learnedAccuracy, learnedMatrix } = this.#page;
    const at = this.#at;
    const of = this.#drawings.length;
    const right = this.#steps.map((_, k) => this.#drawings.filter(({ meant, read }) => read[k] === meant).length);
    learnedAt.textContent = at === 0 ? text("learning.before") : text("learning.after", { step: this.#steps[at], of: this.#steps[this.#steps.length - 1] });
    learnedStep.ariaValueText = learnedAt.textContent;
    learnedAccuracy.textContent = accuracyText({ right: right[at], of });
    this.#draw(right.map((n) => n / of));
    showMatrix(learnedMatrix, confusion(this.#drawings, at), ({ meant, read }) => {
      const inCell = this.#drawings.filter((each) => each.meant === meant && each.read[at] === read);
      this.#list([[text("wall.meant_read", { meant: labelText(meant), read: labelText(read) }), inCell]]);
      this.#page.learnedDrawings.scrollIntoView({ block: "nearest" });
    });
    this.#compare();
  }

  /** The drawings that are read as meant for the first time or no longer, and those that are misread as before. */
  #compare() {
    const at = this.#at;
    const from = this.#page.sinceBeginning.checked ? 0 : Math.max(0, at - 1);
    const those = (/** @type {boolean} */ before, /** @type {boolean} */ now) =>
      this.#drawings.filter(({ meant, read }) => (read[from] === meant) === before && (read[at] === meant) === now);
    const wrong = those(false, false);
    if (at === 0) return this.#list([[text("learning.wrong", { n: wrong.length }), wrong]]);
    const [became, lost] = [those(false, true), those(true, false)];
    this.#list(
      [
        [text("learning.became_right", { n: became.length }), became],
        [text("learning.became_wrong", { n: lost.length }), lost],
        [text("learning.still_wrong", { n: wrong.length }), wrong],
      ],
      from,
    );
  }

  /** @param {[string, Answered[]][]} sections headings and drawings @param {number} [from] the step to compare with */
  #list(sections, from = this.#at) {
    const at = this.#at;
    this.#page.learnedDrawings.replaceChildren(
      ...sections.flatMap(([heading, drawings]) => [
        make("h3", {}, heading),
        make("ul", { className: "tiles" }, ...drawings.map(({ id, meant, read }) => this.#tile(id, meant, read[from], read[at]))),
      ]),
    );
  }

  /** @param {string} id @param {string} meant @param {string} before @param {string} read */
  #tile(id, meant, before, read) {
    const answers = (/** @type {(label: string) => string} */ name) => (before === read ? name(read) : `${name(before)} → ${name(read)}`);
    const image = make("img", { alt: answers(labelText), width: 280, height: 280 });
    void this.#tiles.image(id).then((url) => (image.src = url));
    const item = make("li", { className: "tile" }, image, make("span", { className: "answer", ariaHidden: "true" }, answers(columnName)));
    if (read !== meant || before !== read) item.append(make("span", { className: "meant" }, ` ${text("wall.meant_short", { label: labelText(meant) })}`));
    item.dataset.state = read === meant ? "right" : "wrong";
    return item;
  }

  /** The curve of the accuracy over the shown steps, which are as far apart as on the slider. @param {number[]} accuracy 0 to 1 */
  #draw(accuracy) {
    const { curveAll, curveDone, curveAt, curveLow, curveHigh, learningCurve } = this.#page;
    const low = Math.min(0.9, Math.floor(10 * Math.min(...accuracy)) / 10);
    const points = accuracy.map((share, k) => `${(100 * k) / (accuracy.length - 1)} ${(100 * (1 - share)) / (1 - low)}`);
    curveAll.setAttribute("d", `M${points.join("L")}`);
    curveDone.setAttribute("d", `M${points.slice(0, this.#at + 1).join("L")}`);
    curveAt.setAttribute("d", `M${points[this.#at]}h0`);
    curveLow.textContent = wholePercent(low);
    curveHigh.textContent = wholePercent(1);
    const share = (/** @type {number} */ k) => wholePercent(Math.floor(100 * accuracy[k]) / 100);
    learningCurve.ariaLabel = text("learning.curve", { first: share(0), last: share(accuracy.length - 1) });
  }
}

/** The cells of the confusion matrix that are not 0. @param {Answered[]} drawings @param {number} at @returns {Confusion[]} */
function confusion(drawings, at) {
  /** @type {Map<string, Confusion>} */
  const cells = new Map();
  for (const { meant, read } of drawings) {
    const key = `${meant} ${read[at]}`;
    cells.set(key, { meant, read: read[at], count: (cells.get(key)?.count ?? 0) + 1 });
  }
  return [...cells.values()];
}
