import { newKey } from "./idempotency_key.js";
import { readText, writeText } from "../storage/texts.js";

/**
 * Of which rooms this browser is a member, and the room of this page.
 *
 * @typedef {{code: string, token: string, nickname?: string}} Member of a room: a pupil, or its teacher.
 *   token: empty for the operator, who may lead any room
 */

const PREFIX = "digitpad.room.";
const JOINING = "digitpad.joining.";
const PROBE = "digitpad.probe"; // written to find out whether site data is blocked

/**
 * The idempotency key with which this tab asks to join a room: the same one, also after a reload, until it is a member.
 * @param {string} code
 */
export function joiningKey(code) {
  const key = readText("sessionStorage", JOINING + code) || newKey();
  writeText("sessionStorage", JOINING + code, key);
  return key;
}

/**
 * Keep a member until `forgetMember`.
 * @param {"teacher" | "pupil"} role @param {Member} member
 * @returns {boolean} false: site data is blocked, and the member is kept only as long as this page is open
 */
export function keepMember(role, member) {
  writeText("sessionStorage", JOINING + member.code, "");
  return writeText("localStorage", `${PREFIX}${role}.${member.code}`, JSON.stringify(member));
}

/** @param {"teacher" | "pupil"} role @param {string} code @returns {Member | null} null: not in this browser */
export function keptMember(role, code) {
  const kept = readText("localStorage", `${PREFIX}${role}.${code}`);
  return kept ? JSON.parse(kept) : null;
}

/** @param {"teacher" | "pupil"} role @param {string} code */
export function forgetMember(role, code) {
  writeText("localStorage", `${PREFIX}${role}.${code}`, "");
}

/** @returns {string | null} the code in the address of this page */
export function roomInAddress() {
  return new URLSearchParams(location.search).get("room")?.toUpperCase() ?? null;
}

/** The address at which a pupil draws; where site data is blocked, it brings the pupil along. @param {Member} pupil @param {boolean} kept */
export function drawingAddress(pupil, kept) {
  return `/?room=${pupil.code}${kept ? "" : `#pupil=${encodeURIComponent(JSON.stringify(pupil))}`}`;
}

/**
 * The pupil whom `drawingAddress` brought along, who is then no longer in the address, where others could copy it from.
 * @param {string} code @returns {Member | null}
 */
export function takePupilFromAddress(code) {
  const given = new URLSearchParams(location.hash.slice(1)).get("pupil");
  if (given === null) return null;
  history.replaceState(null, "", location.pathname + location.search);
  const pupil = parsed(given);
  // Where site data is not blocked, somebody else has made this link.
  if (pupil?.code !== code || writeText("localStorage", PROBE, "")) return null;
  keepMember("pupil", pupil);
  return pupil;
}

/** @param {string} json @returns {Member | null} */
function parsed(json) {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/** The headers with which a prediction is made in the room of this page; none outside of a room. @returns {Record<string, string>} */
export function roomHeaders() {
  const code = roomInAddress();
  const member = code === null ? null : keptMember("pupil", code);
  return member === null ? {} : { "Digitpad-Room": member.code, "Digitpad-Room-Token": member.token };
}
