import { accuracyText, LABELS, labelText } from "../model/text.js";
import { pixelsOf } from "../reading/pixels.js";
import { Reader } from "../reading/reader.js";
import { locale, text } from "../texts.js";
import { make } from "./elements.js";
import { showMatrix } from "./matrix.js";

/**
 * @import {WallDrawing} from "../network/rooms.js"
 * @import {WallPage} from "../selectors.js"
 * @import {Example} from "../reading/worker.js"
 * @import {Tiles} from "./tiles.js"
 * @typedef {{drawing: WallDrawing, example: Example}} Lesson
 * @typedef {{id: string, meant: string, before: string, after: string}} Answered
 */

/** With fewer, there is too little to learn from and to measure on. */
const FEWEST = { drawings: 10, pupils: 2 };
/** Of the newest drawings; learning from more takes longer than a class waits. */
const MOST = 400;
const SECONDS = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** Retrains the last layer of the network in this browser on what the class drew, and shows what that changes. */
export class Learning {
  #page;
  #tiles;
  #reader = new Reader();
  /** What the network saw of a drawing, by id; null: it can't be learned from. @type {Map<string, Uint8Array | null>} */
  #seen = new Map();

  /** @param {WallPage} page @param {Tiles} tiles where the pictures come from */
  constructor(page, tiles) {
    this.#page = page;
    this.#tiles = tiles;
    page.undoLearning.addEventListener("click", () => page.learning.close());
  }

  /** @param {WallDrawing[]} drawings those on the wall, newest first */
  async start(drawings) {
    const { learning, learned, learningResult } = this.#page;
    learningResult.hidden = true;
    learned.textContent = text("learning.working");
    if (!learning.open) learning.showModal();
    try {
      const lessons = await this.#lessons(drawings);
      const pupils = new Set(lessons.map(({ example }) => example.group)).size;
      if (lessons.length < FEWEST.drawings || pupils < FEWEST.pupils) {
        learned.textContent = text("learning.too_little", { ...FEWEST, drawn: lessons.length, drawers: pupils });
        return;
      }
      const { before, after, milliseconds } = await this.#reader.learn(lessons.map(({ example }) => example));
      const answered = lessons.map(({ drawing, example }, i) => ({
        id: drawing.id,
        meant: LABELS[example.label],
        before: LABELS[before[i]],
        after: LABELS[after[i]],
      }));
      learned.textContent = text("learning.learned", { drawings: lessons.length, pupils, seconds: SECONDS.format(milliseconds / 1000) });
      this.#show(answered);
    } catch (error) {
      learned.textContent = String(error);
    }
  }

  /** @param {Answered[]} answered */
  #show(answered) {
    const { learningResult, learnedBefore, learnedAfter, matrixBefore, matrixAfter } = this.#page;
    for (const [when, accuracy, matrix] of /** @type {const} */ ([["before", learnedBefore, matrixBefore], ["after", learnedAfter, matrixAfter]])) {
      const right = answered.filter((each) => each[when] === each.meant).length;
      accuracy.textContent = accuracyText({ right, of: answered.length });
      showMatrix(matrix, confusion(answered, when), ({ meant, read }) =>
        this.#list(answered.filter((each) => each.meant === meant && each[when] === read), text(`learning.cell_${when}`, { meant: labelText(meant), read: labelText(read) })),
      );
    }
    const changed = answered.filter(({ before, after }) => before !== after);
    this.#list(changed, text("learning.changed", { n: changed.length }));
    learningResult.hidden = false;
  }

  /** @param {Answered[]} answered @param {string} heading */
  #list(answered, heading) {
    this.#page.changedHeading.textContent = heading;
    this.#page.changed.replaceChildren(
      ...answered.map(({ id, meant, before, after }) => {
        const image = make("img", { alt: "", width: 280, height: 280 });
        void this.#tiles.image(id).then((url) => (image.src = url));
        const answers = before === after ? labelText(after) : `${labelText(before)} → ${labelText(after)}`;
        const item = make("li", { className: "tile" }, image, make("span", { className: "answer" }, answers), make("span", { className: "meant" }, ` ${text("learning.meant", { label: labelText(meant) })}`));
        item.dataset.state = after === meant ? "right" : "wrong";
        return item;
      }),
    );
  }

  /** The newest drawings that pupils labeled, except for numbers, with what the network saw. @param {WallDrawing[]} drawings @returns {Promise<Lesson[]>} */
  async #lessons(drawings) {
    const labeled = drawings.filter(({ meant }) => meant !== null && LABELS.includes(meant)).slice(0, MOST);
    const lessons = await Promise.all(
      labeled.map(async (drawing) => {
        const seen = await this.#see(drawing.id);
        return seen && { drawing, example: { seen, label: LABELS.indexOf(drawing.meant ?? ""), group: drawing.pupil } };
      }),
    );
    return lessons.filter((lesson) => lesson !== null);
  }

  /** What the network sees of a drawing; null: it can't be learned from. @param {string} id */
  async #see(id) {
    const known = this.#seen.get(id);
    if (known !== undefined) return known;
    const url = await this.#tiles.image(id);
    if (!url) return null;
    const result = await this.#reader.read({ pixels: await pixelsOf(url) }, false);
    const seen = result.kind === "reading" ? result.seen : null;
    this.#seen.set(id, seen);
    return seen;
  }
}

/** The cells of the confusion matrix that are not 0. @param {Answered[]} answered @param {"before" | "after"} when */
function confusion(answered, when) {
  /** @type {Map<string, {meant: string, read: string, count: number}>} */
  const counts = new Map();
  for (const each of answered) {
    const cell = { meant: each.meant, read: each[when], count: 0 };
    const key = `${cell.meant} ${cell.read}`;
    counts.set(key, { ...cell, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()];
}
