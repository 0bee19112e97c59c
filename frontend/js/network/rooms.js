import { locale } from "../texts.js";
import { call, callJSON } from "./client.js";
import { now } from "./clock.js";
import { joiningKey } from "./members.js";

/**
 * The calls of rooms. /openapi.json describes the fields.
 *
 * @import {Member} from "./members.js"
 * @typedef {{digit: string, reads: string | null}} Task reads: as which digit the network is to misread it
 * @typedef {{right: number, of: number}} Accuracy
 * @typedef {{
 *   id: string, pupil: string, read: string, sure: boolean, confidence: number, meant: string | null,
 *   meant_probability: number | null, votes: Record<string, number>, shown: boolean, hidden: boolean,
 * }} WallDrawing read, meant: "0" to "9", a number or "not_a_digit"
 * @typedef {{
 *   code: string, ends: number, keep: boolean, paused: boolean, task: (Task & {done: number}) | null,
 *   pupils: {id: string, nickname: string, drawings: number}[], drawings: WallDrawing[],
 *   confusion: {meant: string, read: string, count: number}[], accuracy: Accuracy, cursor: string,
 * }} Wall ends: seconds since 1970
 * @typedef {{
 *   nickname: string, ends: number, keep: boolean, paused: boolean, task: (Task & {done: boolean}) | null,
 *   drawings: number, accuracy: Accuracy, ballot: boolean, cursor: string,
 * }} Mine
 */

/** How often a page asks what is new, in ms. */
export const WALL_INTERVAL = 1000;
export const PUPIL_INTERVAL = 2000;

/** @param {{hours: number, keep: boolean}} settings @returns {Promise<Member>} the teacher */
export function openRoom(settings) {
  return callJSON("/rooms", settings);
}

/** @param {string} code @returns {Promise<{code: string, ends: number, keep: boolean}>} */
export function findRoom(code) {
  return call(`/rooms/${encodeURIComponent(code)}`);
}

/** @param {string} code @param {string} nickname @returns {Promise<Member>} */
export async function joinRoom(code, nickname) {
  const joined = await callJSON(`/rooms/${code}/pupils`, { nickname }, { headers: { "Idempotency-Key": joiningKey(code) } });
  return { code, ...joined };
}

/** @param {Member} teacher @param {string | null} since cursor @returns {Promise<Wall | null>} null: nothing has changed */
export function fetchWall({ code, token }, since) {
  return call(`/rooms/${code}/wall${since ? `?since=${since}` : ""}`, { headers: tokenHeader(token) });
}

/** @param {Member} pupil @param {string | null} since cursor @returns {Promise<Mine | null>} null: nothing has changed */
export function fetchMine({ code, token }, since) {
  return call(`/rooms/${code}/mine${since ? `?since=${since}` : ""}`, { headers: tokenHeader(token) });
}

/** @param {Member} teacher @param {string} id @returns {Promise<Blob>} */
export function fetchDrawing({ code, token }, id) {
  return call(`/rooms/${code}/drawings/${id}/image.png`, { headers: tokenHeader(token) }, (response) => response.blob());
}

/** @param {Member} teacher @returns {Promise<string[]>} ids, most unusual first */
export async function fetchUnusual({ code, token }) {
  return (await call(`/rooms/${code}/unusual`, { headers: tokenHeader(token) })).drawings;
}

/** @param {Member} teacher @param {string} format @returns {Promise<Blob>} */
export function fetchExport({ code, token }, format) {
  return call(`/rooms/${code}/export?format=${format}`, { headers: tokenHeader(token) }, (response) => response.blob());
}

/** @param {Member} teacher @param {{task?: Task | null, paused?: boolean}} change */
export function changeRoom({ code, token }, change) {
  return callJSON(`/rooms/${code}`, change, { method: "PATCH", headers: tokenHeader(token) });
}

/** @param {Member} teacher */
export function endRoom({ code, token }) {
  return call(`/rooms/${code}`, { method: "DELETE", headers: tokenHeader(token) });
}

/** @param {Member} teacher @param {string} id @param {boolean} hidden */
export function hideDrawing({ code, token }, id, hidden) {
  return callJSON(`/rooms/${code}/drawings/${id}`, { hidden }, { method: "PATCH", headers: tokenHeader(token) });
}

/** @param {Member} teacher @param {string} pupil */
export function removePupil({ code, token }, pupil) {
  return call(`/rooms/${code}/pupils/${pupil}`, { method: "DELETE", headers: tokenHeader(token) });
}

/** @param {Member} pupil @returns {Promise<{id: string, seen: string}>} seen: data URL */
export function fetchBallot({ code, token }) {
  return call(`/rooms/${code}/ballot`, { headers: tokenHeader(token) });
}

/** @param {Member} pupil @param {string} id @param {string} label */
export function castVote({ code, token }, id, label) {
  return callJSON(`/rooms/${code}/ballot`, { id, label }, { headers: tokenHeader(token) });
}

/** @param {number} ends seconds since 1970 @returns {string} such as "in 3 hours" or "in 12 minutes" */
export function endsIn(ends) {
  const minutes = Math.max(0, Math.round((1000 * ends - now()) / 60_000));
  const format = new Intl.RelativeTimeFormat(locale);
  return minutes < 100 ? format.format(minutes, "minute") : format.format(Math.round(minutes / 60), "hour");
}

/** @param {string} token empty for the operator @returns {Record<string, string>} */
function tokenHeader(token) {
  return token === "" ? {} : { "Digitpad-Room-Token": token };
}
