import { compareClocks } from "./clock.js";

/** The HTTP client that all calls share. */

/** A call without a response after this many milliseconds has failed. */
const TIMEOUT = 5000;

/** A call that failed. `message` is a sentence to show to a person. */
export class Failure extends Error {
  /**
   * @param {string} message
   * @param {{code: string, temporary: boolean, retryAfter?: number}} details
   *   code: of the problem details, or our own. temporary: a retry may succeed, after `retryAfter` ms
   */
  constructor(message, { code, temporary, retryAfter = 0 }) {
    super(message);
    this.code = code;
    this.temporary = temporary;
    this.retryAfter = retryAfter;
  }
}

/**
 * Send a request, and compare this device's clock with the server's.
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<Response>}
 */
export async function send(path, init) {
  const sent = Date.now();
  const response = await fetch(path, init);
  compareClocks(response, sent);
  return response;
}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 * @param {(response: Response) => Promise<any>} [read] reads a response body
 * @returns {Promise<any>} the response body, null for 204 No Content
 * @throws {Failure} on an error status, a timeout or a network error
 */
export async function call(path, init = {}, read = (response) => response.json()) {
  const timeout = AbortSignal.timeout(TIMEOUT);
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  try {
    const response = await send(path, { ...init, signal });
    if (!response.ok) throw await failureOf(response);
    return response.status === 204 ? null : await read(response);
  } catch (error) {
    if (error instanceof Failure || init.signal?.aborted) throw error;
    if (timeout.aborted) {
      throw new Failure(`The server did not respond within ${TIMEOUT / 1000} seconds.`, { code: "timeout", temporary: true });
    }
    throw new Failure("The server can't be reached.", { code: "unreachable", temporary: true });
  }
}

/** @param {Response} response with an error status @returns {Promise<Failure>} */
async function failureOf(response) {
  const problem = await response.json().catch(() => ({}));
  return new Failure(problem.detail ?? `The server responded with ${response.status} ${response.statusText}.`, {
    code: problem.code ?? String(response.status),
    temporary: response.status === 429 || response.status >= 500,
    retryAfter: 1000 * Number(response.headers.get("Retry-After")) || 0, // the server never sends a date
  });
}
