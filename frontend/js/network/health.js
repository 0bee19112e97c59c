import { send } from "./client.js";

/**
 * @typedef {{
 *   recorder: {ok: boolean, queued?: number}, model: {version: string},
 *   client_address: "no" | "hash" | "full", keep_drawings: "all" | "doubtful" | "none", here?: true,
 * }} Readiness here: there is no server, and this device answers
 */

/** @returns {Promise<Readiness | null>} also of a server that isn't ready (503); null: it can't be reached */
export async function readiness() {
  try {
    return await (await send("/health/ready")).json();
  } catch {
    return null;
  }
}

/** @returns {Promise<string | null>} such as "2.0.0"; null: unknown */
export async function serverVersion() {
  try {
    return (await (await send("/health/live")).json()).version ?? null;
  } catch {
    return null;
  }
}
