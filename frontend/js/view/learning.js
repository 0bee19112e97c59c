import { LABELS } from "../model/text.js";
import { pixelsOf } from "../reading/pixels.js";
import { Reader } from "../reading/reader.js";
import { locale, text } from "../texts.js";
import { LearningSteps } from "./learning_steps.js";

/**
 * @import {WallDrawing} from "../network/rooms.js"
 * @import {WallPage} from "../selectors.js"
 * @import {Example} from "../reading/worker.js"
 * @import {Tiles} from "./tiles.js"
 * @typedef {{drawing: WallDrawing, example: Example}} Lesson
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
  #steps;
  #reader = new Reader();
  /** What the network saw of a drawing, by id; null: it can't be learned from. @type {Map<string, Uint8Array | null>} */
  #seen = new Map();

  /** @param {WallPage} page @param {Tiles} tiles where the pictures come from */
  constructor(page, tiles) {
    this.#page = page;
    this.#tiles = tiles;
    this.#steps = new LearningSteps(page, tiles);
    page.undoLearning.addEventListener("click", () => page.learning.close());
    page.learning.addEventListener("close", () => this.#steps.stop());
  }

  /** @param {WallDrawing[]} drawings those on the wall, newest first */
  async start(drawings) {
    const { learning, learned, learningResult, learnedStep } = this.#page;
    learningResult.hidden = true;
    this.#steps.stop();
    learned.textContent = text("learning.working");
    if (!learning.open) learning.showModal();
    try {
      const lessons = await this.#lessons(drawings);
      const pupils = new Set(lessons.map(({ example }) => example.group)).size;
      if (lessons.length < FEWEST.drawings || pupils < FEWEST.pupils) {
        learned.textContent = text("learning.too_little", { ...FEWEST, drawn: lessons.length, drawers: pupils });
        return;
      }
      const { steps, milliseconds } = await this.#reader.learn(lessons.map(({ example }) => example));
      learned.textContent = text("learning.learned", { drawings: lessons.length, pupils, seconds: SECONDS.format(milliseconds / 1000) });
      const answered = lessons.map(({ drawing, example }, i) => ({
        id: drawing.id,
        meant: LABELS[example.label],
        read: steps.map(({ answers }) => LABELS[answers[i]]),
      }));
      learningResult.hidden = false;
      this.#steps.start(answered, steps.map(({ step }) => step));
      learnedStep.focus();
    } catch (error) {
      learned.textContent = String(error);
    }
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
