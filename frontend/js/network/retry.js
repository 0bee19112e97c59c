import { Failure } from "./client.js";

/** Delays before each retry, in ms; longer if the server asks for it. */
const DELAYS = [500, 1000, 2000, 4000, 8000, 16000];

/**
 * Repeat a call while it fails for temporary reasons. For idempotent calls only.
 * @template T
 * @param {() => Promise<T>} call
 * @param {(failure: Failure) => void} onRetry called before each delay
 * @param {AbortSignal} [signal] stops the retries
 * @returns {Promise<T>}
 */
export async function retry(call, onRetry, signal) {
  for (const delay of DELAYS) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Failure && error.temporary) || signal?.aborted) throw error;
      onRetry(error);
      await sleep(Math.max(delay, error.retryAfter), signal);
    }
  }
  return call();
}

/** @param {number} ms @param {AbortSignal} [signal] */
function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
    // Retry at once when the network is back.
    addEventListener("online", resolve, { once: true });
  });
}
