/**
 * Encodes drawings as 8-bit grayscale PNGs with unfiltered rows: smaller than the browser's RGBA
 * PNGs, and faster to decode. Terms are those of the PNG specification (https://www.w3.org/TR/png-3/).
 *
 * @import {Gray} from "../reading/image.js"
 */

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const GRAY8 = [8, 0, 0, 0, 0]; // bit depth, color type, compression, filter method, interlacing

/** CRC-32 lookup table (PNG specification, annex D). */
const CRC = Uint32Array.from({ length: 256 }, (_, rest) => {
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? 0xedb88320 ^ (rest >>> 1) : rest >>> 1;
  return rest;
});

/** Whether this browser can do it. */
export const CAN_ENCODE = "CompressionStream" in globalThis;

/**
 * @param {Gray} image copied before the first await
 * @returns {Promise<string>} data URL
 */
export async function grayPNG({ data, width, height }) {
  const rows = new Uint8Array(height * (1 + width)); // each row begins with its filter type, 0: none
  for (let y = 0; y < height; y++) rows.set(data.subarray(y * width, (y + 1) * width), y * (1 + width) + 1);
  const file = [
    SIGNATURE,
    chunk("IHDR", [...uint32(width), ...uint32(height), ...GRAY8]),
    chunk("IDAT", await deflate(rows)),
    chunk("IEND", []),
  ];
  const text = file.flat().reduce((characters, byte) => characters + String.fromCharCode(byte), "");
  return `data:image/png;base64,${btoa(text)}`;
}

/** @param {string} name @param {number[]} data */
function chunk(name, data) {
  const body = [...Array.from(name, (letter) => letter.charCodeAt(0)), ...data];
  const sum = body.reduce((rest, byte) => CRC[(rest ^ byte) & 255] ^ (rest >>> 8), -1);
  return [...uint32(data.length), ...body, ...uint32(~sum)];
}

/** @param {number} value @returns {number[]} most significant byte first */
function uint32(value) {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);
}

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<number[]>} a zlib stream */
async function deflate(bytes) {
  const stream = new CompressionStream("deflate");
  const writer = stream.writable.getWriter();
  void writer.write(bytes);
  void writer.close();
  const reader = stream.readable.getReader();
  /** @type {number[]} */
  const packed = [];
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    for (const byte of part.value) packed.push(byte);
  }
  return packed;
}
