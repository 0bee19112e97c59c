// The page on which a person draws (/).

import { toJSON } from "../model/geometry.js";
import { Drawing } from "../model/drawing.js";
import { privacyNote } from "../model/text.js";
import { Failure } from "../network/client.js";
import { readiness } from "../network/health.js";
import { predict } from "../network/predict.js";
import { Preview } from "../network/preview.js";
import { DRAW, find } from "../selectors.js";
import { Correction } from "../view/correction.js";
import { setUpKeyboard } from "../view/keyboard.js";
import { Paper } from "../view/paper.js";
import { setUpPictures } from "../view/picture.js";
import { setUpPointerEvents } from "../view/pointer.js";
import { Result } from "../view/result.js";
import { setUpShortcuts } from "../view/shortcuts.js";
import { Tools } from "../view/tools.js";

/**
 * @import {DrawingRequest} from "../network/predict.js"
 * @import {ExplanationPanel} from "../view/explanation.js"
 */

const page = find(DRAW);
const drawing = new Drawing();
const paper = new Paper(page.canvas, page.ink, drawing);
const tools = new Tools(page, drawing);
const result = new Result(page);
const correction = new Correction(page, result);
const preview = new Preview((failure) => result.retrying(failure));
/** Loaded when it is first opened. @type {ExplanationPanel | undefined} */
let explanation;
/** The version of the drawing that is being predicted and recorded. @type {number | null} */
let predicting = null;

/** @param {string} text for screen readers */
function announce(text) {
  page.announcement.textContent = text;
}

setUpPointerEvents(paper, drawing, tools);
const liftPen = setUpKeyboard(paper, drawing, tools, announce);
setUpPictures(page, drawing, (sentence) => result.notice(sentence));
setUpShortcuts(page, { drawing, tools, correction, onPredict });

drawing.listen((change) => {
  paper.update();
  page.hint.toggleAttribute("hidden", !drawing.blank);
  page.showExplanation.disabled = drawing.blank;
  void (change === "step" ? previewDrawing() : previewUnfinished()).catch(fail);
});
page.predict.addEventListener("click", () => void onPredict());
page.clear.addEventListener("click", () => drawing.clear());
page.showExplanation.addEventListener("click", () => void onExplanation().catch(fail));

/** Show a prediction for an unfinished stroke. */
async function previewUnfinished() {
  correction.close();
  const reading = await preview.readUnfinished(() => (drawing.inProgress && !drawing.blank ? previewInput() : null));
  if (reading && drawing.inProgress) result.showUnfinished(reading);
}

/** Show a prediction for the drawing without recording it. */
async function previewDrawing() {
  correction.close();
  if (drawing.blank) {
    preview.stop();
    explanation?.close();
    return result.reset();
  }
  const reading = await preview.read(previewInput());
  if (!reading) return;
  result.showPreview(reading);
  if (explanation?.open) await explanation.show(await paper.dataURL());
}

function previewInput() {
  return { image: paper.dataURL(), strokes: drawing.picture ? null : drawing.strokes };
}

/** Predict the drawing and record it. */
async function onPredict() {
  liftPen();
  if (drawing.blank) return result.notice("The canvas is blank: draw a digit first.");
  const { version } = drawing;
  if (predicting === version) return;
  predicting = version;
  const request = drawingRequest(); // now, since the drawing may change before a retry
  preview.stop();
  correction.close();
  page.result.ariaBusy = "true";
  try {
    const prediction = await predict(request, (failure) => result.retrying(failure));
    if (version === drawing.version) {
      result.showPrediction(prediction);
      if (prediction.recorded !== "no") correction.open(prediction);
    }
  } catch (error) {
    fail(error);
  } finally {
    if (predicting === version) predicting = null;
    page.result.ariaBusy = null;
  }
}

/** Open or close the explanation. While it is open, it follows the drawing. */
async function onExplanation() {
  if (explanation?.open) return explanation.close();
  explanation ??= new (await import("../view/explanation.js")).ExplanationPanel(page);
  await explanation.show(await paper.dataURL());
}

/** @returns {Promise<DrawingRequest>} */
async function drawingRequest() {
  const { strokes, picture } = drawing;
  /** @type {Omit<DrawingRequest, "image">} */
  const fields = {
    ...(strokes.length > 0 && { strokes: toJSON(strokes), pen_widths: strokes.map(({ width }) => width) }),
    ...(page.expected.value && { expected: page.expected.value }),
    ...(picture ? { source: "upload", file_name: picture.name } : { source: "canvas" }),
  };
  return { image: await paper.dataURL(), ...fields };
}

/** @param {unknown} error */
function fail(error) {
  if (!(error instanceof Failure)) throw error;
  result.failed(error);
}

/** Reopen a recorded drawing. The replay stops when the person starts to draw or type. @param {string} id */
async function reopen(id) {
  const stopped = new AbortController();
  for (const event of ["pointerdown", "keydown"]) addEventListener(event, () => stopped.abort(), { once: true });
  const { replay } = await import("../view/replay.js");
  await replay(id, drawing, tools.defaultWidth, stopped.signal).catch(fail);
}

/** Tell the visitor what is recorded, which depends on the server's settings, and load the server's network. */
async function onReadiness() {
  const state = await readiness();
  if (!state) return;
  page.privacy.textContent = privacyNote(state, false);
  // Imported after the page is shown. If that fails, the server reads the previews.
  const local = await import("../reading/local.js").catch(() => null);
  preview.local = local && (await local.LocalReader.load(state.model.version));
  if (preview.local) page.privacy.textContent = privacyNote(state, true);
}

void onReadiness();
const recordId = new URLSearchParams(location.search).get("record");
if (recordId) void reopen(recordId);
