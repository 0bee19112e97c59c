/**
 * The verdict on a drawing, by the thresholds that come with the network, as in backend/reading/recognizer.py.
 *
 * @typedef {"digit" | "unsure" | "not_a_digit"} Verdict
 * @typedef {{digit: number, confidence: number, probabilities: number[], runnerUp: number, verdict: Verdict}} Reading
 *   probabilities: ten that sum to 1; confidence: that of `digit`
 */

/**
 * @param {ArrayLike<number>} eleven probabilities of the ten digits and of `not a digit`
 * @param {{sure: number, not_a_digit: number}} thresholds
 * @returns {Reading}
 */
export function judge(eleven, { sure, not_a_digit }) {
  const ten = Array.from({ length: 10 }, (_, digit) => eleven[digit] + eleven[10] / 10);
  const sum = ten.reduce((a, b) => a + b);
  const probabilities = ten.map((value) => value / sum);
  const [runnerUp, digit] = [...probabilities.keys()].sort((a, b) => probabilities[a] - probabilities[b]).slice(-2);
  const confidence = probabilities[digit];
  const verdict = eleven[10] > not_a_digit ? "not_a_digit" : confidence >= sure ? "digit" : "unsure";
  return { digit, confidence, probabilities, runnerUp, verdict };
}
