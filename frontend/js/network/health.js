/**
 * @typedef {{recorder: {ok: boolean, queued?: number}, client_address: "no" | "hash" | "full"}} Health
 */

/** How the server is, also when it can't serve. @returns {Promise<Health | null>} null: it can't be reached */
export async function health() {
  try {
    return await (await fetch("/health/ready")).json();
  } catch {
    return null;
  }
}
