import { call } from "./client.js";

const TIMEOUT = 30000; // ms; photographs have several megabytes

/**
 * Convert a picture that this browser can't show.
 * @param {File} file
 * @returns {Promise<Blob>} a PNG
 */
export function convertPicture(file) {
  const body = new FormData();
  body.set("image", file);
  return call("/picture", { method: "POST", body }, (response) => response.blob(), TIMEOUT);
}
