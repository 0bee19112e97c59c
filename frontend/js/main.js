import { toJSON } from "./model/geometry.js";
import { Drawing } from "./model/drawing.js";
import { keeping } from "./model/words.js";
import { Failure, predict } from "./network/api.js";
import { health } from "./network/health.js";
import { Preview } from "./network/preview.js";
import { retry } from "./network/retry.js";
import { DRAW, find } from "./selectors.js";
import { Correction } from "./view/correction.js";
import { takeKeys } from "./view/keyboard.js";
import { Paper } from "./view/paper.js";
import { takePictures } from "./view/picture.js";
import { takePointers } from "./view/pointer.js";
import { Result } from "./view/result.js";
import { takeShortcuts } from "./view/shortcuts.js";
import { Tools } from "./view/tools.js";

/**
 * @import {Sheet} from "./network/api.js"
 * @import {Why} from "./view/why.js"
 */

const page = find(DRAW);
const drawing = new Drawing();
const paper = new Paper(page.canvas, page.ink, drawing);
const tools = new Tools(page, drawing);
const result = new Result(page);
const correction = new Correction(page, result);
const preview = new Preview((failure) => result.waiting(failure));
/** Loaded when it is asked for. @type {Why | undefined} */
let why;
/** The version of the drawing that a Predict is under way for. @type {number | null} */
let predicting = null;

/** @param {string} text said by screen readers */
function speak(text) {
  page.spoken.textContent = text;
}

takePointers(paper, drawing, tools);
const liftPen = takeKeys(paper, drawing, tools, speak);
takePictures(page, drawing, (sentence) => result.notice(sentence));
takeShortcuts(page, { drawing, tools, correction, onPredict });

drawing.listen((change) => {
  paper.update();
  page.hint.toggleAttribute("hidden", !drawing.blank);
  page.why.disabled = drawing.blank;
  void (change === "step" ? readAlong() : glance()).catch(fail);
});
page.predict.addEventListener("click", () => void onPredict());
page.clear.addEventListener("click", () => drawing.clear());
page.why.addEventListener("click", () => void onWhy().catch(fail));

/** Show what the network makes of a stroke that grows. */
async function glance() {
  correction.close();
  const answer = await preview.glimpse(() => (drawing.growing && !drawing.blank ? paper.dataURL() : null));
  if (answer && drawing.growing) result.glimpse(answer);
}

/** Show what the network reads in the drawing as it is now, recording nothing. */
async function readAlong() {
  correction.close();
  if (drawing.blank) {
    preview.stop();
    why?.close();
    return result.reset();
  }
  const answer = await preview.read(paper.dataURL());
  if (!answer) return;
  result.preview(answer);
  if (why?.open) await why.show(await paper.dataURL());
}

/** Read the drawing and record it. */
async function onPredict() {
  liftPen();
  if (drawing.blank) return result.notice("The canvas is blank: draw a digit first.");
  const { version } = drawing;
  if (predicting === version) return;
  predicting = version;
  const [body, key] = [sheet(), newKey()]; // the drawing may change while this is under way
  preview.stop();
  correction.close();
  page.result.ariaBusy = "true";
  try {
    const answer = await retry(async () => predict(await body, key), (failure) => result.waiting(failure));
    if (version === drawing.version) {
      result.predicted(answer);
      if (answer.recorded !== "no") correction.open(answer);
    }
  } catch (error) {
    fail(error);
  } finally {
    if (predicting === version) predicting = null;
    page.result.ariaBusy = null;
  }
}

/** Explain the drawing as it is now, and go on while it changes; or stop that. */
async function onWhy() {
  if (why?.open) return why.close();
  why ??= new (await import("./view/why.js")).Why(page);
  await why.show(await paper.dataURL());
}

/** @returns {Promise<Sheet>} */
async function sheet() {
  const { strokes, picture } = drawing;
  /** @type {Omit<Sheet, "image">} */
  const said = {
    ...(strokes.length > 0 && { strokes: toJSON(strokes) }),
    ...(page.expected.value && { expected: page.expected.value }),
    ...(picture ? { source: "upload", file_name: picture.name } : { source: "canvas" }),
  };
  return { image: await paper.dataURL(), ...said };
}

/** @returns {string} an Idempotency-Key; `randomUUID` is missing where the page came without TLS */
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {unknown} error */
function fail(error) {
  if (!(error instanceof Failure)) throw error;
  result.failed(error);
}

/** @param {string} id of the record to bring back onto the canvas, until the person draws */
async function bringBack(id) {
  const ended = new AbortController();
  for (const event of ["pointerdown", "keydown"]) addEventListener(event, () => ended.abort(), { once: true });
  const { replay } = await import("./view/replay.js");
  await replay(id, drawing, tools.width, ended.signal).catch(fail);
}

/** Tell the visitor what is recorded: this server's operator decides. */
async function tellKept() {
  const state = await health();
  if (state) page.keeping.textContent = keeping(state.client_address);
}

void tellKept();
const wanted = new URLSearchParams(location.search).get("record");
if (wanted) void bringBack(wanted);
