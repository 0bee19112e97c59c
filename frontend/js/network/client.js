import { errorText, text } from "../texts.js";
import { compareClocks } from "./clock.js";

/** The HTTP client that all calls share. */

/** A call without a response after this many milliseconds has failed, unless it says otherwise. */
const TIMEOUT = 5000;

/** A call that failed. `message` is a sentence to show to a person. */
export class Failure extends Error {
  /**
   * @param {string} message
   * @param {{code: string, status?: number, temporary: boolean, retryAfter?: number}} details
   *   code: of the problem details, or our own. status: of the response, 0 without one. temporary: a retry may succeed,
   *   after `retryAfter` ms
   */
  constructor(message, { code, status = 0, temporary, retryAfter = 0 }) {
    super(message);
    this.code = code;
    this.status = status;
    this.temporary = temporary;
    this.retryAfter = retryAfter;
  }
}

/** Answers instead of a server where there is none: on the page that `script/static` writes. */
export const device = document.querySelector('meta[name="digitpad-server"][content="none"]') && import("../device/server.js");

/** The address of the page on which a person draws. */
export const HOME = new URL("../../../", import.meta.url).href;

/**
 * Send a request, and compare this device's clock with the server's.
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<Response>}
 */
export async function send(path, init) {
  if (device) return (await device).answer(path, init);
  const sent = Date.now();
  const response = await fetch(path, init);
  compareClocks(response, sent);
  return response;
}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 * @param {(response: Response) => Promise<any>} [read] reads a response body
 * @param {number} [patience] milliseconds
 * @returns {Promise<any>} the response body, null for 204 No Content
 * @throws {Failure} on an error status, a timeout or a network error
 */
export async function call(path, init = {}, read = (response) => response.json(), patience = TIMEOUT) {
  const timeout = AbortSignal.timeout(patience);
  const signal = init.signal ? either(init.signal, timeout) : timeout;
  try {
    const response = await send(path, { ...init, signal });
    if (!response.ok) throw await failureOf(response);
    return response.status === 204 ? null : await read(response);
  } catch (error) {
    if (error instanceof Failure || init.signal?.aborted) throw error;
    if (timeout.aborted) {
      throw new Failure(text("server.no_response", { seconds: patience / 1000 }), { code: "timeout", temporary: true });
    }
    throw new Failure(text("server.unreachable"), { code: "unreachable", temporary: true });
  }
}

export const JSON_TYPE = { "Content-Type": "application/json" };

/**
 * Send a value as JSON, by POST unless `init` says otherwise.
 * @param {string} path
 * @param {object} value
 * @param {RequestInit & {headers?: Record<string, string>}} [init]
 * @returns {Promise<any>} as `call`
 */
export function callJSON(path, value, init = {}) {
  return call(path, { method: "POST", ...init, body: JSON.stringify(value), headers: { ...JSON_TYPE, ...init.headers } });
}

/** `AbortSignal.any`, which Safari before 17.4 and Firefox before 124 lack. @param {AbortSignal[]} signals */
function either(...signals) {
  const controller = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) controller.abort(signal.reason);
    signal.addEventListener("abort", () => controller.abort(signal.reason), { signal: controller.signal });
  }
  return controller.signal;
}

/** @param {Response} response with an error status @returns {Promise<Failure>} */
async function failureOf(response) {
  const problem = await response.json().catch(() => ({}));
  const detail = errorText(problem.code) ?? problem.detail;
  return new Failure(detail ?? text("server.status", { status: `${response.status} ${response.statusText}` }), {
    code: problem.code ?? String(response.status),
    status: response.status,
    temporary: response.status === 429 || response.status >= 500,
    retryAfter: 1000 * Number(response.headers.get("Retry-After")) || 0, // the server never sends a date
  });
}
