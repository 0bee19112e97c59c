/**
 * Calls of the drawing page. Answers are passed on as the server gives them (see /openapi.json).
 *
 * @typedef {"digit" | "unsure" | "not_a_digit"} Verdict
 * @typedef {{
 *   id: string, date: string, result: string, digit: number, runner_up: number, confidence: number,
 *   probabilities: number[], verdict: Verdict, recorded: "stored" | "queued" | "no", seen: string,
 *   model_version: string,
 * }} Answer
 * @typedef {{
 *   image: string, strokes?: number[][][], expected?: string, source?: "canvas" | "upload", file_name?: string,
 * }} Sheet what is sent to be read
 */

/** After this long without an answer, in ms, a call counts as failed. */
const PATIENCE = 5000;

/** Bodies up to this many bytes may outlive the page (the Fetch standard allows 64 KiB in all). */
const KEEPALIVE_LIMIT = 60000;

/** A call that failed: `message` is a sentence for a person. */
export class Failure extends Error {
  /**
   * @param {string} message
   * @param {{code: string, passing: boolean, wait?: number}} kind passing: a later try may do, after `wait` ms
   */
  constructor(message, { code, passing, wait = 0 }) {
    super(message);
    this.code = code;
    this.passing = passing;
    this.wait = wait;
  }
}

/**
 * Read a drawing without recording it.
 * @param {string} image data URL
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
export function preview(image, signal) {
  return call("/predict?record=false", { method: "POST", body: image, headers: { "Content-Type": "text/plain" }, signal });
}

/**
 * Read a drawing and record it.
 * @param {Sheet} sheet
 * @param {string} key the same for every try, so that a retry records nothing twice
 * @returns {Promise<Answer>}
 */
export function predict(sheet, key) {
  const body = JSON.stringify(sheet);
  return call("/predict", {
    method: "POST",
    body,
    headers: { "Content-Type": "application/json", "Idempotency-Key": key },
    keepalive: body.length < KEEPALIVE_LIMIT,
  });
}

/**
 * Say what a recorded drawing was meant to be, beside what was read.
 * @param {string} id
 * @param {string | null} label "0" to "9", "not_a_digit"; null takes it back
 */
export function correct(id, label) {
  return call(`/records/${id}`, {
    method: "PATCH",
    body: JSON.stringify({ label }),
    headers: { "Content-Type": "application/json" },
  });
}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 * @param {(response: Response) => Promise<any>} [read] how to read an answer that has a body
 * @returns {Promise<any>} the answer's body, null if it has none
 */
export async function call(path, init = {}, read = (response) => response.json()) {
  const patience = AbortSignal.timeout(PATIENCE);
  const signal = init.signal ? AbortSignal.any([init.signal, patience]) : patience;
  try {
    const response = await fetch(path, { ...init, signal });
    if (!response.ok) throw await refusal(response);
    return response.status === 204 ? null : await read(response);
  } catch (error) {
    if (error instanceof Failure || init.signal?.aborted) throw error;
    if (patience.aborted) {
      throw new Failure(`The server did not answer within ${PATIENCE / 1000} seconds.`, { code: "timeout", passing: true });
    }
    throw new Failure("The server can't be reached.", { code: "unreachable", passing: true });
  }
}

/** @param {Response} response @returns {Promise<Failure>} */
async function refusal(response) {
  const problem = await response.json().catch(() => ({}));
  return new Failure(problem.detail ?? `The server answered ${response.status} ${response.statusText}.`, {
    code: problem.code ?? String(response.status),
    passing: response.status === 429 || response.status >= 500,
    wait: 1000 * Number(response.headers.get("Retry-After")) || 0, // a date, which Digitpad never sends, is no number
  });
}
