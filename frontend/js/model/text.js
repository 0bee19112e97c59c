/**
 * Texts about predictions, shared by the pages.
 *
 * @import {Reading} from "../network/predict.js"
 */
import { locale, text } from "../texts.js";

/** As the API calls it in results. */
export const NOT_A_DIGIT = "not a digit";

/** The labels that name a class of the network, in the order of its outputs. Other labels are numbers of several digits. */
export const LABELS = [..."0123456789", "not_a_digit"];

/** In counts and filters: any number of several digits. */
export const NUMBER = "number";

const PERCENT = new Intl.NumberFormat(locale, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const WHOLE_PERCENT = new Intl.NumberFormat(locale, { style: "percent" });

/** @param {number} fraction 0 to 1 @returns {string} such as "98.3%"; never rounded to 0% or 100% */
export function percent(fraction) {
  if (fraction >= 0.9995) return text("over", { share: PERCENT.format(0.999) });
  if (fraction < 0.0005) return text("under", { share: PERCENT.format(0.001) });
  return PERCENT.format(fraction);
}

/** @param {number} fraction 0 to 1 @returns {string} such as "98.3%" or ">99.9%" */
export function shortPercent(fraction) {
  if (fraction >= 0.9995) return `>${PERCENT.format(0.999)}`;
  return fraction < 0.0005 ? `<${PERCENT.format(0.001)}` : PERCENT.format(fraction);
}

/** @param {number} fraction 0 to 1 @returns {string} such as "98%" */
export function wholePercent(fraction) {
  return WHOLE_PERCENT.format(fraction);
}

/** @param {Reading} reading @returns {{headline: string, sentence: string, spoken: string}} spoken: all in one sentence */
export function describe({ verdict, result, digit, runner_up, confidence, probabilities }) {
  const share = percent(confidence);
  if (verdict === "digit" || verdict === "number") {
    const sentence = capitalize(`${text("draw.sure", { share })}.`);
    return { headline: result, sentence, spoken: text("draw.read_sure", { label: result, share }) };
  }
  if (digit === null) {
    const sentence = text("draw.unsure", { share, label: result });
    return { headline: text("draw.maybe", { label: result }), sentence, spoken: sentence };
  }
  if (verdict === "not_a_digit") {
    const sentence =
      confidence > 0.5 ? text("draw.probably_none", { digit: withArticle(digit) }) : text("draw.none");
    return { headline: text("draw.not_a_digit"), sentence, spoken: text("draw.read_none") };
  }
  const [shareOfDigit, shareOfOther] = [percent(probabilities[digit]), percent(probabilities[runner_up])];
  const sentence = text("draw.unsure_two", { share: shareOfDigit, label: digit, other_share: shareOfOther, other: runner_up });
  return { headline: text("draw.or", { label: digit, other: runner_up }), sentence, spoken: sentence };
}

/**
 * @param {string} expected "0" to "9" or a number; empty if the person said nothing
 * @param {Pick<Reading, "verdict" | "result">} reading
 * @returns {string} empty if the person said nothing, or the network reads the same
 */
export function disagreement(expected, { verdict, result }) {
  if (!expected || (verdict !== "not_a_digit" && expected === result)) return "";
  return verdict === "not_a_digit" ? text("draw.disagree_none", { expected }) : text("draw.disagree", { expected, label: result });
}

/** @param {string} label @returns {boolean} whether it is a number of several digits, or with a decimal point, a comma or a minus */
export function isNumber(label) {
  return !LABELS.includes(label);
}

/** @param {{right: number, of: number}} accuracy @returns {string} such as "3 of 4 read as meant (75%)" */
export function accuracyText({ right, of }) {
  return text("accuracy", { right, of, share: wholePercent(Math.floor((100 * right) / of) / 100) });
}

/** @param {number | string} digit @returns {string} "a 7" or "an 8" */
export function withArticle(digit) {
  return text(String(digit) === "8" ? "an_eight" : "a_digit", { digit });
}

/**
 * @param {string} label or result as the API has it: "0" to "9", a number, "number", "not_a_digit" or "not a digit"
 * @returns {string} as it is shown
 */
export function labelText(label) {
  if (label === NUMBER) return text("number");
  return label === "not_a_digit" || label === NOT_A_DIGIT ? text("not_a_digit") : label;
}

/** @param {string} label or result @returns {string} short enough for a column */
export function columnName(label) {
  return { [NOT_A_DIGIT]: "–", not_a_digit: "–", [NUMBER]: "123" }[label] ?? label;
}

/**
 * @param {{client_address: "no" | "hash" | "full", keep_drawings: "all" | "doubtful" | "none", here?: true}} settings what
 *   the server records of a visitor's IP address, and which drawings it keeps; here: there is no server
 * @param {boolean} local whether this browser reads the previews itself
 * @returns {string}
 */
export function privacyNote({ client_address: address, keep_drawings: drawings, here }, local) {
  if (here) return text("privacy.demo");
  const records = text(`privacy.records.${address}`, { what: text(`privacy.what.${drawings}`) });
  return `${records} ${text(local ? "privacy.local" : "privacy.server")}`;
}

/** @param {"all" | "doubtful" | "none"} drawings which ones the server keeps @returns {string} why to press Predict */
export function keepsNote(drawings) {
  return text(drawings === "all" ? "draw.keeps_drawing" : "draw.keeps_result");
}

/**
 * @param {number} count of predictions that wait on this device
 * @param {boolean} inMemory whether they would be lost with the page
 * @returns {string} empty if there are none
 */
export function waitingNote(count, inMemory) {
  return count === 0 ? "" : text(inMemory ? "draw.waits_in_page" : "draw.waits", { n: count });
}

/** @param {number} count of records queued on the server @returns {string} empty if there are none */
export function queueNote(count) {
  return count === 0 ? "" : text("recorder.queued", { n: count });
}

/** @param {string} sentence */
function capitalize(sentence) {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
