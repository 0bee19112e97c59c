/**
 * The drawings on the wall of a room. Independent of the DOM.
 *
 * @import {Wall, WallDrawing} from "../network/rooms.js"
 * @typedef {{meant: string, read: string}} Cell of the confusion matrix: digits, "not_a_digit", or "number" for all numbers
 */

import { text } from "../texts.js";
import { isNumber, labelText, NUMBER } from "./text.js";

/** The most drawings that are shown at once, so that an old laptop stays fast. */
const MOST = 60;

/** What the server has sent so far. */
export class WallState {
  /** @type {Wall | null} the newest answer; its `drawings` are only those that changed */
  newest = null;
  /** All drawings by id, in the order in which they arrived. @type {Map<string, WallDrawing>} */
  #drawings = new Map();

  /** @param {Wall} wall */
  update(wall) {
    this.newest = wall;
    for (const drawing of wall.drawings) this.#drawings.set(drawing.id, drawing);
  }

  /** @param {string} id */
  get(id) {
    return this.#drawings.get(id);
  }

  /** Those on the wall, newest first. */
  get shown() {
    return [...this.#drawings.values()].filter(({ shown }) => shown).reverse();
  }

  newestFirst() {
    return this.shown.slice(0, MOST);
  }

  /** The least probable first: of what was meant or, if the pupil did not say, of what was read. */
  hardest() {
    return this.shown.sort((a, b) => probability(a) - probability(b)).slice(0, 24);
  }

  /** On which people voted, the most votes first. */
  voted() {
    const votes = (/** @type {WallDrawing} */ drawing) => Object.values(drawing.votes).reduce((sum, n) => sum + n, 0);
    return this.shown.filter((drawing) => votes(drawing) > 0).sort((a, b) => votes(b) - votes(a)).slice(0, MOST);
  }

  /** @param {Cell} cell */
  inCell({ meant, read }) {
    const inIt = (/** @type {WallDrawing} */ drawing) => drawing.meant !== null && counted(drawing.meant) === meant && counted(drawing.read) === read;
    return this.shown.filter(inIt).slice(0, MOST);
  }

  /** Those that the teacher hid. */
  hidden() {
    return [...this.#drawings.values()].filter(({ hidden }) => hidden).reverse().slice(0, MOST);
  }

  /** @param {string[]} ids @returns {WallDrawing[]} those on the wall */
  those(ids) {
    return ids.flatMap((id) => this.#drawings.get(id) ?? []).filter(({ shown }) => shown);
  }
}

/** @param {string} label @returns {string} as the confusion matrix counts it */
function counted(label) {
  return isNumber(label) ? NUMBER : label;
}

/** @param {WallDrawing} drawing */
function probability({ meant_probability: ofMeant, confidence }) {
  return ofMeant ?? confidence;
}

/** @param {Record<string, number>} votes @returns {string} such as "7: 5 votes, 1: 2 votes"; empty if there are none */
export function votesText(votes) {
  return Object.entries(votes)
    .sort(([, a], [, b]) => b - a)
    .map(([label, n]) => text("votes", { label: labelText(label), n }))
    .join(", ");
}
