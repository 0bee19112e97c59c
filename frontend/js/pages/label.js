// The page on which recorded drawings are labeled (/label).

import { Labeling } from "../model/labeling.js";
import { LABELS, labelText } from "../model/text.js";
import { Failure } from "../network/client.js";
import { annotator, DOUBTS, OPERATOR } from "../network/label_sources.js";
import { enroll } from "../network/labeling.js";
import { fetchImage, imageAddress } from "../network/records.js";
import { retry } from "../network/retry.js";
import { fetchSession } from "../network/session.js";
import { find, LABEL } from "../selectors.js";
import { fill, locale, text } from "../texts.js";
import { showAnnotators } from "../view/annotators.js";
import { make } from "../view/elements.js";

const LIST = new Intl.ListFormat(locale, { type: "conjunction" });

/** How many of the next drawings are loaded in advance. */
const AHEAD = 5;

/** After this many milliseconds an annotator with nothing to label asks again. */
const ASK_AGAIN = 10_000;

/** @import {Source} from "../network/label_sources.js" */

const page = find(LABEL);
/** @type {Source} */
let source = OPERATOR;
/** Whether an annotator's next drawings are being loaded. */
let loading = false;
const labeling = new Labeling();
/** The cursor of the next batch; null: there is none. @type {string | null} */
let next = null;
/** The changes are sent one after the other, so that Undo follows what it takes back. */
let sending = Promise.resolve();
let unsent = 0;

/** @param {string | null} before cursor; null: start with the newest */
async function loadBatch(before) {
  const batch = await source.load(before);
  labeling.add(batch.records);
  next = batch.next;
}

/** Show the next drawing; load another batch if none is left. */
async function show() {
  while (!labeling.current && next !== null) await loadBatch(next);
  const { current } = labeling;
  page.labeling.hidden = !current && !labeling.canUndo;
  page.drawing.hidden = page.labels.hidden = page.skip.hidden = !current;
  page.undo.ariaDisabled = String(!labeling.canUndo);
  page.progress.textContent = progressText();
  if (!current) {
    page.nothing.textContent = source.none;
    page.labeling.focus(); // for Undo
    return;
  }
  page.nothing.textContent = "";
  page.drawing.src = imageAddress(current);
  page.drawing.alt = text("label.drawing", { left: labeling.left });
  if (current.labels) {
    const labels = LIST.format(current.labels.map(labelText));
    page.last.textContent = text("label.people_said", { labels, result: labelText(current.result ?? "") });
  }
  for (const record of labeling.upcoming(AHEAD)) new Image().src = imageAddress(record);
}

/** Load more for an annotator, whose next drawings are only reserved for a short time. */
async function loadAhead() {
  if (!source.endless || loading || labeling.left >= AHEAD) return;
  loading = true;
  try {
    await sending; // the server must know what is labeled
    const shown = labeling.current;
    await loadBatch(null);
    if (!shown) await show();
  } catch (error) {
    fail(error);
  } finally {
    loading = false;
  }
}

function progressText() {
  const { labeled, left, speed } = labeling;
  const known = next === null ? text("label.progress", { labeled, left }) : text("label.progress_more", { labeled, left });
  const progress = source.endless ? text("label.progress_endless", { labeled }) : known;
  return speed === null ? progress : `${progress}; ${text("label.speed", { n: Math.round(speed) })}`;
}

/** @param {string | null} label null: skip */
function choose(label) {
  const { current } = labeling;
  if (!current) return;
  labeling.choose(label, Date.now());
  if (label !== null) save(current.id, label);
  page.last.textContent =
    label === null
      ? text("label.skipped")
      : current.result === undefined
        ? text("label.labeled_only", { label: labelText(label) })
        : text("label.labeled", { label: labelText(label), result: labelText(current.result) });
  void show().catch(fail);
  void loadAhead();
}

function undo() {
  const choice = labeling.undo();
  if (!choice) return;
  if (choice.label !== null) save(choice.record.id, null);
  page.last.textContent = choice.label === null ? text("label.back") : text("label.taken_back", { label: labelText(choice.label) });
  void show().catch(fail);
}

/** @param {string} id @param {string | null} label null removes it */
function save(id, label) {
  unsent++;
  sending = sending.then(async () => {
    while (!(await saved(id, label)));
    unsent--;
  });
}

/** @param {string} id @param {string | null} label @returns {Promise<boolean>} false: try again */
async function saved(id, label) {
  try {
    await retry(() => source.save(id, label), fail);
    page.error.textContent = "";
    return true;
  } catch (error) {
    fail(error);
    return !(error instanceof Failure && error.temporary);
  }
}

/** @param {unknown} error */
function fail(error) {
  if (!(error instanceof Failure)) throw error;
  page.error.textContent = error.temporary ? text("trying_again", { problem: error.message }) : error.message;
}

page.labels.append(
  ...LABELS.map((label) => {
    const button = make("button", { value: label }, labelText(label));
    if (label === "not_a_digit") button.append(" ", make("kbd", {}, "N"));
    button.addEventListener("click", () => choose(label));
    return button;
  }),
);
page.number.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || page.number.value === "" || !page.number.reportValidity()) return;
  choose(page.number.value);
  page.number.value = "";
  page.labeling.focus(); // for the keys
});
page.skip.addEventListener("click", () => choose(null));
page.drawing.addEventListener("error", async () => {
  const id = labeling.current?.id;
  const failure = id && (await fetchImage(id).catch((error) => error));
  const missing = failure instanceof Failure && ["no_drawing", "unknown_record"].includes(failure.code);
  if (missing && labeling.current?.id === id) choose(null);
});
page.undo.addEventListener("click", undo);

// Only while the focus is inside, so that a single key does nothing elsewhere (WCAG 2.1.4).
page.labeling.addEventListener("keydown", (event) => {
  if (event.target === page.number) return;
  const key = event.key.toLowerCase();
  const undoing = key === "u" || key === "backspace" || (key === "z" && (event.ctrlKey || event.metaKey));
  if (undoing) undo();
  else if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  else if (key >= "0" && key <= "9" && key.length === 1) choose(key);
  else if (key === "n") choose("not_a_digit");
  else if (key === "s") choose(null);
  else return;
  event.preventDefault();
});

addEventListener("beforeunload", (event) => {
  if (unsent > 0) event.preventDefault();
});

document.documentElement.dataset.ready = ""; // see start.js
try {
  const query = new URLSearchParams(location.search);
  const code = query.get("code");
  const { may } = await fetchSession();
  if (code) {
    source = annotator(await enroll(code), labeling);
    await loadBatch(null);
    await show();
    page.labeling.focus();
    setInterval(loadAhead, ASK_AGAIN);
  } else if (may.includes("list") && may.includes("correct")) {
    if (query.has("doubts")) source = DOUBTS;
    await loadBatch(null);
    await show();
    page.labeling.focus();
    if (may.includes("lead_labeling")) showAnnotators(page, fail); // after what is above it has its height
  } else {
    page.nothing.append(make("a", { href: "/recorder" }));
    fill(page.nothing, text("label.operator"));
  }
} catch (error) {
  fail(error);
}
