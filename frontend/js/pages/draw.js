// The page on which a person draws (/).

import { toJSON } from "../model/geometry.js";
import { Drawing } from "../model/drawing.js";
import { keepsNote, privacyNote, waitingNote } from "../model/text.js";
import { Failure } from "../network/client.js";
import { readiness } from "../network/health.js";
import { roomInAddress } from "../network/members.js";
import { Preview } from "../network/preview.js";
import { WaitingRequests } from "../network/waiting.js";
import { DRAW, find } from "../selectors.js";
import { keepDrawing } from "../storage/drawings.js";
import { text } from "../texts.js";
import { setUpKeyboard } from "../view/keyboard.js";
import { Paper } from "../view/paper.js";
import { setUpPictures } from "../view/picture.js";
import { setUpPointerEvents } from "../view/pointer.js";
import { Result } from "../view/result.js";
import { setUpShortcuts } from "../view/shortcuts.js";
import { Tools } from "../view/tools.js";

/**
 * @import {DrawingRequest, Prediction, Reading} from "../network/predict.js"
 * @import {State} from "../network/waiting.js"
 * @import {PictureBox} from "../view/box.js"
 * @import {Correction} from "../view/correction.js"
 * @import {ExplanationPanel} from "../view/explanation.js"
 * @import {LocalReader} from "../reading/local.js"
 */

const page = find(DRAW);
const drawing = new Drawing();
const paper = new Paper(page.canvas, page.ink, drawing);
const tools = new Tools(page, drawing);
const result = new Result(page, drawing, () => void (explanation?.open && explain({ moving: false })));
const preview = new Preview((failure) => {
  if (drawing.picture && preview.local) result.failing(text("draw.photograph", { problem: failure.message }));
  else result.retrying(failure);
});
const waiting = new WaitingRequests(showWaiting, (sentence) => result.notice(sentence));
/** Reads in this browser, once its network is loaded. @type {LocalReader | null} */
let localReader = null;
/** Loaded when it is first opened. @type {ExplanationPanel | undefined} */
let explanation;
/** Loaded with the first recorded prediction. @type {Correction | undefined} */
let correction;
/** Loaded with the first picture. @type {Promise<PictureBox> | undefined} */
let pictureBox;
/** The version of the drawing that Predict was pressed for and the server has not answered yet. @type {number | null} */
let predicting = null;

/** @param {string} sentence for screen readers */
function announce(sentence) {
  page.announcement.textContent = sentence;
}

setUpPointerEvents(paper, drawing, tools);
const liftPen = setUpKeyboard(paper, drawing, tools, announce);
setUpPictures(page, drawing, (sentence) => result.notice(sentence));
setUpShortcuts(page, { drawing, tools, onLabel: (label) => void correction?.choose(label), onPredict });

drawing.listen((change) => {
  paper.update();
  page.hint.toggleAttribute("hidden", !drawing.blank);
  if (change === "new") page.expected.value = ""; // it was meant for the drawing before
  if (!drawing.blank) result.wait({ outdated: true });
  if (drawing.picture) void showBox(null);
  // Which digit of a number to explain is known once it is read.
  if (explanation?.open && (drawing.blank || !result.selected)) explain({ moving: change === "progress" });
  void (change === "progress" ? previewUnfinished() : previewDrawing()).catch(fail);
});
page.predict.addEventListener("click", () => void onPredict());
page.clear.addEventListener("click", () => drawing.clear());
page.samples.addEventListener("click", async () => (await import("../view/samples.js")).chooseSample(page, drawing));
page.showExplanation.addEventListener("click", () => void onExplanation().catch(fail));

/** Show a prediction for an unfinished stroke. */
async function previewUnfinished() {
  correction?.close();
  const reading = await preview.readUnfinished(() => (drawing.inProgress && !drawing.blank ? previewInput() : null));
  if (reading && drawing.inProgress) showReading(reading, { moving: true });
}

/** @param {Reading} reading @param {{moving: boolean}} state whether a stroke is unfinished */
function showReading(reading, state) {
  const before = result.selected;
  if (state.moving) result.showUnfinished(reading);
  else result.showPreview(reading);
  void showBox(reading);
  if (explanation?.open && (before || result.selected)) explain(state);
}

/** Over a picture, show the box around what is read. @param {Reading | null} reading null: it is not read yet */
async function showBox(reading) {
  if (!drawing.picture) return;
  pictureBox ??= import("../view/box.js").then(({ PictureBox }) => new PictureBox(page, drawing));
  const box = await pictureBox;
  if (reading) box.found(reading.box);
}

/** Show a prediction for the drawing without recording it. */
async function previewDrawing() {
  correction?.close();
  if (drawing.blank) {
    preview.stop();
    return result.reset();
  }
  const input = previewInput();
  let reading = await preview.read(input);
  if (reading?.cuttable) {
    const { cuttable, ...early } = reading;
    showReading(early, { moving: true });
    reading = await preview.readCutting(input);
  }
  if (reading) showReading(reading, { moving: false });
}

function previewInput() {
  return { revision: paper.revision, local: paper.localInput(), request: drawingRequest };
}

/** Predict the drawing, at once with the network in this browser, and have the server record it, however long that takes. */
async function onPredict() {
  liftPen();
  if (drawing.blank) return result.notice(text("draw.blank"));
  if (!page.expected.reportValidity()) return;
  const { version } = drawing;
  if (predicting === version) return;
  predicting = version;
  const request = drawingRequest(); // now, since the drawing may change
  const local = preview.local?.read(paper.localInput());
  preview.stop();
  correction?.close();
  try {
    const reading = (await local) ?? null;
    if (version === drawing.version) {
      if (reading) result.showPreview(reading);
      page.result.ariaBusy = "true";
      result.wait({ outdated: false });
    }
    const prediction = await waiting.predict(JSON.stringify(await request), reading);
    void followServer(prediction.model_version);
    if (version === drawing.version) {
      // The digits that were read here can be explained here, too.
      const digits = reading?.result === prediction.result ? reading.digits : prediction.digits;
      result.showPrediction({ ...prediction, digits });
      void showBox(prediction);
      if (prediction.recorded !== "no") await offerCorrection(prediction, version);
    }
  } catch (error) {
    fail(error);
  } finally {
    if (predicting === version) predicting = null;
    page.result.ariaBusy = null;
  }
}

/** @param {Prediction} prediction that was recorded @param {number} version of the drawing, if it is still on the paper */
async function offerCorrection(prediction, version) {
  // Without it, as when the connection has just been lost or the page is being left, the answer stays.
  const loaded = await import("../view/correction.js").catch(() => null);
  if (!loaded) return;
  correction ??= new loaded.Correction(page, result);
  if (version === drawing.version) correction.open(prediction);
}

/** Show how this browser reads a drawing for which Predict was pressed before the network was loaded. */
async function showWhileWaiting() {
  const { version } = drawing;
  const reading = await preview.local?.read(paper.localInput());
  if (!reading || predicting !== version || version !== drawing.version) return;
  result.showPreview(reading);
  result.wait({ outdated: false });
}

/** Read in this browser only with the network that the server has; load it if that is another one. @param {string} version */
async function followServer(version) {
  if (!localReader) return;
  if (!localReader.version.startsWith(version)) {
    preview.local = null; // the server reads meanwhile
    await localReader.refresh();
    void navigator.serviceWorker?.getRegistration().then((registration) => registration?.update()).catch(() => {});
  }
  // While the server replaces its workers, the next prediction tries again.
  if (localReader.version.startsWith(version)) preview.local = localReader;
}

/** Show how many predictions wait on this device. @param {State} state */
function showWaiting({ count, failure, inMemory }) {
  page.waiting.textContent = failure ? waitingNote(count, inMemory) : "";
  if (failure && predicting === drawing.version) result.waiting(failure);
}

/** Open or close the explanation. While it is open, it follows the drawing. */
async function onExplanation() {
  if (explanation?.open) return explanation.close();
  explanation ??= new (await import("../view/explanation.js")).ExplanationPanel(page, drawing);
  explain({ moving: false });
}

/** Explain the drawing, or the selected digit of a number. @param {{moving: boolean}} state whether a stroke is unfinished */
function explain({ moving }) {
  if (drawing.blank) return explanation?.showBlank();
  const { index, digit } = result.selected ?? { index: null, digit: null };
  const local = digit && !digit.input ? null : preview.local; // null: the server has read the number
  explanation?.show(local, digit?.input ?? paper.localInput(), drawingRequest, index, moving);
}

/** @returns {Promise<DrawingRequest>} */
async function drawingRequest() {
  const { picture, box } = drawing;
  const strokes = box ? [] : drawing.strokes; // they are on the whole picture
  /** @type {Omit<DrawingRequest, "image">} */
  const fields = {
    ...(strokes.length > 0 && { strokes: toJSON(strokes, drawing.width), pen_widths: strokes.map(({ width }) => width) }),
    ...(page.expected.value && page.expected.validity.valid && { expected: page.expected.value }),
    ...(picture ? { source: "upload", file_name: picture.name } : { source: "canvas" }),
  };
  return { image: await paper.dataURL(), ...fields };
}

/** @param {unknown} error */
function fail(error) {
  if (!(error instanceof Failure)) throw error;
  if (drawing.box && error.code === "blank_drawing") result.notice(text("draw.box_empty"));
  else result.failed(error);
}

/** Reopen a recorded drawing. The replay stops when the person starts to draw or type. @param {string} id */
async function reopen(id) {
  const stopped = new AbortController();
  for (const event of ["pointerdown", "keydown"]) addEventListener(event, () => stopped.abort(), { once: true });
  const { replay } = await import("../view/replay.js");
  await replay(id, drawing, tools.defaultWidth, stopped.signal).catch(fail);
}

/** Tell the visitor what is recorded, which depends on the server's settings, and load the network. */
async function onReadiness() {
  const state = await readiness();
  if (state) {
    page.privacy.textContent = privacyNote(state, false);
    page.predictKeeps.textContent = keepsNote(state.keep_drawings);
  }
  // Imported after the page is shown. If that fails, the server reads the previews.
  localReader = await import("../reading/local.js").then(({ LocalReader }) => LocalReader.load()).catch(() => null);
  void import("../view/picture_file.js").catch(() => {}); // so that pictures open while the server is away
  if (state) await followServer(state.model.version);
  else preview.local = localReader;
  if (state && preview.local) page.privacy.textContent = privacyNote(state, true);
  if (predicting === drawing.version) void showWhileWaiting();
  if (explanation?.open) explain({ moving: drawing.inProgress });
  try {
    await navigator.serviceWorker?.register("service-worker.js");
  } catch {
    // Site data is blocked. Without HTTPS there are no service workers either: the page needs the server to open.
  }
}

document.documentElement.dataset.ready = ""; // see start.js
void onReadiness();
waiting.send(); // what waits from an earlier visit
if (roomInAddress()) void import("../view/room.js").then(({ enterRoom }) => enterRoom(page, drawing));
const recordId = new URLSearchParams(location.search).get("record");
void keepDrawing(drawing, recordId === null);
if (recordId) void reopen(recordId);
