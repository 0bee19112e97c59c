import { Store } from "../storage/store.js";
import { LocalReader } from "../reading/local.js";
import { pixelsOf } from "../reading/pixels.js";

/**
 * Answers the calls of the pages where there is no server, as in the demo that `script/static` writes: drawings are read by
 * the network in this browser, and recorded on this device only.
 *
 * @import {Evidence} from "../network/explanation.js"
 * @import {DrawingRequest} from "../network/predict.js"
 * @import {PredictionRecord} from "../network/records.js"
 * @import {Input} from "../reading/read.js"
 * @typedef {PredictionRecord & {image: string, strokes: number[][][] | null}} DeviceRecord image: data URL
 */

const OPERATIONS = ["open", "predict", "explain", "read", "correct", "delete", "list", "count", "file_names"];

const RECORDED = { client_address: "no", keep_drawings: "all", here: true };

/** @type {Store<DeviceRecord>} */
const records = new Store("records");
const loading = LocalReader.load();

/** A response that says what can't be done, as the server's problem details do. */
class Problem extends Error {
  /** @param {number} status @param {string} code @param {string} detail */
  constructor(status, code, detail) {
    super(detail);
    this.response = new Response(JSON.stringify({ status, code, detail }), { status });
  }
}

/**
 * @param {string} path such as "/records?limit=50"
 * @param {RequestInit} [init]
 * @returns {Promise<Response>}
 */
export async function answer(path, init = {}) {
  const url = new URL(path, location.origin);
  const [, name, id = "", part = ""] = url.pathname.split("/");
  try {
    const value = await valueOf(`${init.method ?? "GET"} ${name}`, id, part, url.searchParams, init);
    return value instanceof Response ? value : new Response(JSON.stringify(value));
  } catch (error) {
    if (error instanceof Problem) return error.response;
    throw error;
  }
}

/**
 * @param {string} call method and first part of the path @param {string} id @param {string} part
 * @param {URLSearchParams} query @param {RequestInit} init
 * @returns {Promise<unknown>}
 */
async function valueOf(call, id, part, query, { body, headers }) {
  if (call === "GET health") return { recorder: { ok: true }, model: { version: (await network()).version }, ...RECORDED };
  if (call === "GET session") return { role: "operator", may: OPERATIONS, signed_in: false };
  if (call === "POST predict") return predict(String(body), query.get("record") === "false" ? null : new Headers(headers).get("Idempotency-Key"));
  if (call === "POST evidence") return evidence(JSON.parse(String(body)), query.get("digit"));
  if (call === "GET records" && id === "") return list(query);
  if (call === "GET records" && id === "counts") return counts(await records.all());
  if (call === "DELETE records") return records.delete(id).then(() => new Response(null, { status: 204 }));
  if (call === "PATCH records") return records.update(id, (record) => ({ ...record, label: JSON.parse(String(body)).label }));
  if (call === "GET records") return partOf(await find(id), part);
  throw new Problem(503, "no_server", "This demo has no server, which could do this.");
}

async function network() {
  const found = await loading;
  if (!found) throw new Problem(503, "no_network", "The network could not be loaded; reload the page.");
  return found;
}

/** @param {string} text a DrawingRequest as JSON, or a data URL @param {string | null} id of the new record; null: record nothing */
async function predict(text, id) {
  /** @type {DrawingRequest} */
  const request = text.startsWith("{") ? JSON.parse(text) : { image: text };
  const { image, strokes = null, pen_widths: widths = null, expected = null, source = "canvas", file_name = null } = request;
  const local = await network();
  const reading = await local.read(await inputOf(request));
  if (!reading) throw unreadable();
  const made = { id: id ?? "", date: new Date().toISOString(), model_version: local.version.slice(0, 12) };
  if (id !== null) {
    const { result, digit, confidence, probabilities, verdict } = reading;
    const digits = reading.digits && reading.digits.map(({ input, ...recorded }) => recorded);
    const facts = { result, digit, digits, confidence, probabilities, verdict, source, file_name, expected, label: null, pen_widths: widths };
    await records.put({ ...made, ...facts, image, strokes });
  }
  return { ...reading, ...made, recorded: id === null ? "no" : "stored", secret: null };
}

function unreadable() {
  return new Problem(422, "unreadable", "Only a server can read photographs, and this demo has none. Draw a digit, or choose a scan of one.");
}

/** @param {DrawingRequest} request @returns {Promise<Input>} */
async function inputOf({ image, strokes, pen_widths: widths, source = "canvas" }) {
  const pixels = await pixelsOf(image);
  if (source !== "canvas" || !strokes || !widths) return { pixels };
  return { paperWidth: pixels.width, strokes: strokes.map((points, i) => ({ points: points.map(([x, y, t]) => ({ x, y, t })), width: widths[i] })) };
}

/**
 * Which ink supports what was read, and which the runner-up.
 * @param {DrawingRequest} request
 * @param {string | null} digit of a number, counted from 0; null: the drawing as one digit
 * @returns {Promise<Evidence>}
 */
async function evidence(request, digit) {
  const local = await network();
  const drawing = await inputOf(request);
  const input = digit === null ? drawing : (await local.read(drawing))?.digits?.[Number(digit)]?.input;
  const look = input && (await local.ask(input, { layer: 0 }));
  const trace = input && (await local.ask(input, "evidence"));
  if (look?.kind !== "layer" || trace?.kind !== "trace" || !look.place) throw unreadable();
  const strongest = Math.max(...trace.map.map(Math.abs)) || 1;
  return {
    digit: look.reading.digit,
    runner_up: look.reading.runnerUp,
    place: look.place,
    for: opacity(trace.map.map((value) => value / strongest)),
    against: opacity(trace.map.map((value) => -value / strongest)),
  };
}

/** @param {Float64Array} strength 28x28; up to 0: transparent, 1: opaque @returns {string} data URL of a black image */
function opacity(strength) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 28;
  const image = new ImageData(28, 28);
  strength.forEach((value, i) => (image.data[4 * i + 3] = 255 * value));
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas.toDataURL();
}

/** @param {string} id @returns {Promise<DeviceRecord>} */
async function find(id) {
  const found = await records.get(id);
  if (!found) throw new Problem(404, "unknown_record", "There is no such record; it may have been deleted.");
  return found;
}

/** @param {DeviceRecord} record @param {string} part */
function partOf(record, part) {
  if (part === "strokes") {
    if (!record.strokes) throw new Problem(404, "no_strokes", "This record has no strokes.");
    return record.strokes;
  }
  if (part !== "image.png") return record;
  return new Response(Uint8Array.from(atob(record.image.split(",")[1]), (letter) => letter.charCodeAt(0)));
}

/** @param {DeviceRecord} record @returns {string | null} what was drawn, as corrected or expected */
function meant({ label, expected }) {
  return label ?? expected;
}

/** A page of records, newest first. @param {URLSearchParams} query */
async function list(query) {
  const { before = null, limit = "50", ...filter } = Object.fromEntries(query);
  const matching = (await records.all()).reverse().filter((record) => {
    const values = { ...record, label: meant(record), corrected: record.label !== null, day: record.date.slice(0, 10) };
    return Object.entries(filter).every(([name, value]) => value === String(Reflect.get(values, name)));
  });
  const older = matching.filter(({ id }) => before === null || id < before);
  const page = older.slice(0, Number(limit));
  return { records: page, next: older.length > page.length ? page[page.length - 1].id : null };
}

/** @param {DeviceRecord[]} all */
function counts(all) {
  /** @param {(string | null)[][]} pairs @param {string} first @param {string} second */
  const count = (pairs, first, second) => {
    /** @type {Record<string, number>} */
    const found = {};
    for (const pair of pairs) if (pair[0] !== null) found[JSON.stringify(pair)] = (found[JSON.stringify(pair)] ?? 0) + 1;
    return Object.entries(found).map(([pair, number]) => ({ [first]: JSON.parse(pair)[0], [second]: JSON.parse(pair)[1], count: number }));
  };
  return {
    days: count(all.map(({ date, result }) => [date.slice(0, 10), result]), "day", "result"),
    confusion: count(all.map((record) => [meant(record), record.result]), "meant", "read"),
  };
}
