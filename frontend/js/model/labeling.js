/**
 * The labeling of records, one after the other. Independent of the DOM.
 *
 * @import {PredictionRecord} from "../network/records.js"
 * @typedef {{id: string, image?: string, result?: string, labels?: string[]}} ToLabel image: data URL; without one, the
 *   server has it. result: what the network read, unless the annotator must not know. labels: those that others gave
 * @typedef {{record: ToLabel, label: string | null}} Choice label: null: the record was skipped
 */
export class Labeling {
  /** The records that are left, the next one first. @type {ToLabel[]} */
  #left = [];
  /** @type {Choice[]} */
  #done = [];
  /** When each label was chosen, in ms. @type {number[]} */
  #times = [];

  /** @param {ToLabel[]} records */
  add(records) {
    this.#left.push(...records);
  }

  /** The record to label now; undefined: none is left. */
  get current() {
    return this.#left.at(0);
  }

  /** The records after the current one. @param {number} count */
  upcoming(count) {
    return this.#left.slice(1, 1 + count);
  }

  /**
   * Label the current record, or skip it.
   * @param {string | null} label "0" to "9", a number or "not_a_digit"; null: skip
   * @param {number} now in ms
   */
  choose(label, now) {
    const record = this.#left.shift();
    if (!record) return;
    this.#done.push({ record, label });
    if (label !== null) this.#times.push(now);
  }

  /** Take the last choice back. @returns {Choice | undefined} undefined: there is none */
  undo() {
    const choice = this.#done.pop();
    if (!choice) return undefined;
    this.#left.unshift(choice.record);
    if (choice.label !== null) this.#times.pop();
    return choice;
  }

  get canUndo() {
    return this.#done.length > 0;
  }

  /** The ids of the records that were skipped. */
  get skipped() {
    return this.#done.filter(({ label }) => label === null).map(({ record }) => record.id);
  }

  get left() {
    return this.#left.length;
  }

  get labeled() {
    return this.#times.length;
  }

  /** Labels per minute, over the last twenty; null: too few to tell. */
  get speed() {
    const recent = this.#times.slice(-20);
    const took = recent[recent.length - 1] - recent[0];
    return recent.length > 2 && took > 0 ? ((recent.length - 1) * 60_000) / took : null;
  }
}

/** @param {PredictionRecord[]} records @returns {PredictionRecord[]} */
export function mostUncertainFirst(records) {
  return [...records].sort((a, b) => certainty(a) - certainty(b));
}

/** @param {PredictionRecord} record @returns {number} -1 to 1; negative: a doubtful reading */
function certainty({ confidence, verdict, expected, result }) {
  const doubtful = (verdict !== "digit" && verdict !== "number") || (expected !== null && expected !== result);
  return doubtful ? confidence - 1 : confidence;
}
