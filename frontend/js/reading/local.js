import { grayPNG } from "../model/png.js";
import { Reader } from "./reader.js";

/**
 * @import {Stroke} from "../model/geometry.js"
 * @import {Reading} from "../network/predict.js"
 */

/** A dot, read once to find out whether the network has loaded. */
const DOT = [{ points: [{ x: 140, y: 140, t: 0 }], width: 18 }];

/** Reads drawings in this browser, with the network that the server uses. */
export class LocalReader {
  #reader;

  /** @param {Reader} reader */
  constructor(reader) {
    this.#reader = reader;
  }

  /**
   * Load the network.
   * @param {string} version of the server's network: the beginning of its weights' SHA-256
   * @returns {Promise<LocalReader | null>} null: this browser or this server does not have it; ask the server instead
   */
  static async load(version) {
    if (!("CompressionStream" in globalThis)) return null; // grayPNG needs it
    const reader = new Reader();
    try {
      const result = await reader.read({ strokes: DOT });
      if (result.kind === "reading" && result.version.startsWith(version)) return new LocalReader(reader);
    } catch {
      // The network could not be loaded.
    }
    reader.close();
    return null;
  }

  /**
   * @param {readonly Stroke[]} strokes of a drawing without a picture
   * @returns {Promise<Reading>}
   */
  async read(strokes) {
    const result = await this.#reader.read({ strokes });
    if (result.kind !== "reading") throw new Error(`Strokes were read as ${result.kind}.`);
    const { runnerUp, ...reading } = result.reading;
    return { ...reading, runner_up: runnerUp, seen: await grayPNG(opaque(result.seen)) };
  }
}

/** @param {Uint8Array} gray 28x28 @returns {ImageData} */
function opaque(gray) {
  const image = new ImageData(28, 28);
  gray.forEach((level, i) => image.data.set([level, level, level, 255], 4 * i));
  return image;
}
