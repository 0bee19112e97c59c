import { call, callJSON } from "./client.js";

/**
 * @typedef {{role: "visitor" | "owner" | "operator", may: string[], signed_in: boolean}} Session
 *   may: the operations that this role may do, as docs/permissions.md defines them. signed_in: with the operator token
 */

/** @returns {Promise<Session>} */
export function fetchSession() {
  return call("/session");
}

/** Sign in as the operator; the server sets a cookie that scripts can't read. @param {string} token */
export function signIn(token) {
  return callJSON("/session", { token });
}

export function signOut() {
  return call("/session", { method: "DELETE" });
}
