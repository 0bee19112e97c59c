/**
 * What an answer says, in words. One place, so that both pages and their screen reader texts agree.
 *
 * @import {Answer} from "../network/api.js"
 */

export const NOT_A_DIGIT = "not a digit";

/** @param {number} share 0 to 1 @returns {string} such as "98.3 %" with an unbreakable space, never a false 100 % or 0 % */
export function percent(share) {
  if (share >= 0.9995) return "over 99.9\u00a0%";
  if (share < 0.0005) return "under 0.1\u00a0%";
  return `${(100 * share).toFixed(1)}\u00a0%`;
}

/** @param {Answer} answer @returns {{headline: string, sentence: string}} */
export function reading(answer) {
  if (answer.verdict === "not_a_digit") {
    return { headline: "Not a digit", sentence: `It looks most like a ${answer.digit}, but hardly like a digit at all.` };
  }
  if (answer.verdict === "unsure") {
    const { digit, runner_up, probabilities } = answer;
    return {
      headline: `${digit} or ${runner_up}?`,
      sentence: `Unsure: ${percent(probabilities[digit])} for ${digit}, ${percent(probabilities[runner_up])} for ${runner_up}.`,
    };
  }
  return { headline: String(answer.digit), sentence: capital(`${percent(answer.confidence)} sure.`) };
}

/** @param {string} label as a correction has it, "7" or "not_a_digit" */
export function meaning(label) {
  return label === "not_a_digit" ? NOT_A_DIGIT : label;
}

const ADDRESS = {
  no: "and nothing about you",
  hash: "and a keyed hash of your address",
  full: "and your address",
};

/** @param {"no" | "hash" | "full"} address what is kept of the visitor's @returns {string} */
export function keeping(address) {
  return `Predict keeps the drawing, its strokes, the result, the time, ${ADDRESS[address]}. Reading along keeps nothing.`;
}

/** @param {number} count of records that wait for their store */
export function waiting(count) {
  if (count === 0) return "";
  const [records, join] = count === 1 ? ["prediction waits", "joins"] : ["predictions wait", "join"];
  return `${count} ${records} safely on this server and ${join} the table as soon as the recorder's store can be reached.`;
}

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
