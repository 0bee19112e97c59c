/**
 * Texts about predictions, shared by the pages.
 *
 * @import {Reading} from "../network/predict.js"
 */

export const NOT_A_DIGIT = "not a digit";

/** @param {number} fraction 0 to 1 @returns {string} such as "98.3%"; never rounded to 0% or 100% */
export function percent(fraction) {
  if (fraction >= 0.9995) return "over 99.9%";
  if (fraction < 0.0005) return "under 0.1%";
  return `${(100 * fraction).toFixed(1)}%`;
}

/** @param {Reading} reading @returns {{headline: string, sentence: string}} */
export function describe({ verdict, digit, runner_up, confidence, probabilities }) {
  if (verdict === "not_a_digit") {
    return { headline: "Not a digit", sentence: `It looks most like ${withArticle(digit)}, but it is probably not a digit.` };
  }
  if (verdict === "unsure") {
    return {
      headline: `${digit} or ${runner_up}?`,
      sentence: `Unsure: ${percent(probabilities[digit])} for ${digit}, ${percent(probabilities[runner_up])} for ${runner_up}.`,
    };
  }
  return { headline: String(digit), sentence: capitalize(`${percent(confidence)} sure.`) };
}

/** @param {number | string} digit @returns {string} "a 7" or "an 8" */
export function withArticle(digit) {
  return String(digit) === "8" ? "an 8" : `a ${digit}`;
}

/** @param {string} label as the API has it: "0" to "9" or "not_a_digit" @returns {string} as it is shown */
export function labelText(label) {
  return label === "not_a_digit" ? NOT_A_DIGIT : label;
}

const ALSO_RECORDED = {
  no: " and the time, but nothing about you",
  hash: ", the time and a keyed hash of your IP address",
  full: ", the time and your IP address",
};

const RECORDED = {
  all: "the drawing, its strokes, the result",
  doubtful: "the result (with the drawing and its strokes if it is in doubt)",
  none: "the result",
};

/**
 * @param {{client_address: "no" | "hash" | "full", keep_drawings: "all" | "doubtful" | "none"}} settings what the server
 *   records of a visitor's IP address, and which drawings it keeps
 * @param {boolean} local whether this browser reads the previews itself
 * @returns {string}
 */
export function privacyNote({ client_address: address, keep_drawings: drawings }, local) {
  const preview = local ? "The live preview stays in this browser." : "The live preview records nothing.";
  return `Predict records ${RECORDED[drawings]}${ALSO_RECORDED[address]}. ${preview}`;
}

/** @param {number} count of records queued on the server @returns {string} empty if there are none */
export function queueNote(count) {
  if (count === 0) return "";
  const queued = count === 1 ? "1 prediction is" : `${count} predictions are`;
  return `${queued} queued on this server and will appear here once the recorder's database can be reached.`;
}

/** @param {string} text */
function capitalize(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
