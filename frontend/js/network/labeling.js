import { readText, writeText } from "../storage/texts.js";
import { call, callJSON } from "./client.js";
import { drawnHere } from "./secrets.js";

/**
 * The calls of the labeling queue.
 *
 * @typedef {{id: string, labels: number, per_minute: number | null}} AnnotatorProgress
 * @typedef {{
 *   code: string | null, agreed: number, once: number, disagreements: number, kappa: number | null,
 *   annotators: AnnotatorProgress[],
 * }} Progress code: of the invitation; null: nobody is invited. kappa: Cohen's; null: no drawing has two labels
 * @typedef {{id: string, reason: "disagreement" | "likely_error", labels: string[], result: string}} Doubt
 */

const TOKEN = "digitpad.annotator."; // and the code of the invitation

/** How many drawings the server may be asked to leave out. */
const MOST_WITHOUT = 1000;

/** Follow an invitation, or go on where this browser has done so before. @param {string} code @returns {Promise<string>} token */
export async function enroll(code) {
  const kept = readText("localStorage", TOKEN + code);
  if (kept !== null) return kept;
  const { token } = await callJSON("/labeling/annotators", { code });
  writeText("localStorage", TOKEN + code, token);
  return token;
}

/**
 * The drawings to label next; nobody else gets them for two minutes.
 * @param {string} token @param {string[]} skipped
 * @returns {Promise<{id: string, image: string}[]>}
 */
export async function fetchBatch(token, skipped) {
  const without = [...drawnHere(), ...skipped].slice(-MOST_WITHOUT);
  return (await callJSON("/labeling/batch", { without }, { headers: { "Digitpad-Annotator-Token": token } })).drawings;
}

/** @param {string} token @param {string} id @param {string | null} label null takes it back */
export function sendLabel(token, id, label) {
  return callJSON("/labeling/labels", { id, label }, { headers: { "Digitpad-Annotator-Token": token } });
}

/** @returns {Promise<Progress>} */
export function fetchProgress() {
  return call("/labeling");
}

/** Invite annotators; an earlier invitation ends. */
export function invite() {
  return callJSON("/labeling", {});
}

export function endInvitation() {
  return call("/labeling", { method: "DELETE" });
}

/** @returns {Promise<Doubt[]>} */
export async function fetchDoubts() {
  return (await call("/labeling/doubts")).drawings;
}

/** @param {string} id @param {string} label */
export function decide(id, label) {
  return callJSON("/labeling/decisions", { id, label });
}
