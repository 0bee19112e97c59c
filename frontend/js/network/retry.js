import { Failure } from "./api.js";

/** Pauses between tries, ms; longer where the server asks for it. */
const PAUSES = [500, 1000, 2000, 4000, 8000, 16000];

/**
 * Call until it works, as long as what stands in the way may pass. For calls that are safe to repeat.
 * @template T
 * @param {() => Promise<T>} call
 * @param {(failure: Failure) => void} tell told before each pause
 * @param {AbortSignal} [signal] ends the tries
 * @returns {Promise<T>}
 */
export async function retry(call, tell, signal) {
  for (const pause of PAUSES) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Failure && error.passing) || signal?.aborted) throw error;
      tell(error);
      await sleep(Math.max(pause, error.wait), signal);
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
    // Back on the network: no need to wait for the rest of the pause.
    addEventListener("online", resolve, { once: true });
  });
}
