// The page of the recorded predictions (/recorder).

import { confusionMatrix, resultsByDay } from "../model/counts.js";
import { NOT_A_DIGIT, privacyNote, queueNote } from "../model/text.js";
import { Failure } from "../network/client.js";
import { readiness } from "../network/health.js";
import { fetchCounts, listRecords } from "../network/records.js";
import { fetchSession } from "../network/session.js";
import { find, RECORDER } from "../selectors.js";
import * as charts from "../view/charts.js";
import { setUpFilters } from "../view/filters.js";
import { RecordDialog } from "../view/record.js";
import { setUpSignIn } from "../view/sign_in.js";
import { Table } from "../view/table.js";

/**
 * @import {Session} from "../network/session.js"
 */

/** How often, in ms, the page checks for new records. */
const POLL_INTERVAL = 2000;

const page = find(RECORDER);
const dialog = new RecordDialog(page, () => void Promise.all([load(), loadCounts()]));
const table = new Table(page.records, (record) => dialog.open(record, may("correct") && may("delete")));
const filter = setUpFilters(page.filters, page.exports, () => {
  cursors = [];
  void load();
});
/** What this visitor may do; null: not known yet. @type {Session | null} */
let session = null;
/** The cursors that led to the current page; empty: the newest page. @type {string[]} */
let cursors = [];
/** The cursor of the next, older page. @type {string | null} */
let next = null;
/** Why the last load failed, as a sentence. */
let failure = "";
/** Counts the loads, so that a slow response never replaces a newer one. */
let loads = 0;

/**
 * @param {{highlightNew?: boolean}} [options] highlightNew: highlight the records that were not there before
 * @returns {Promise<boolean>} whether the table changed
 */
async function load({ highlightNew = false } = {}) {
  const current = ++loads;
  try {
    session ??= await fetchSession();
    showSession(session);
    if (!may("list")) return false;
    const { records, next: older } = await listRecords(filter(), cursors.at(-1) ?? null);
    if (current !== loads) return false;
    next = older;
    page.older.disabled = next === null;
    page.newer.disabled = cursors.length === 0;
    page.noRecords.hidden = records.length > 0 || next !== null;
    page.noMatchYet.hidden = records.length > 0 || next === null;
    failure = "";
    return table.show(records, highlightNew);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.code === "sign_in_required") session = null; // it has expired, which the next load shows
    failure = `${error.message} Trying again.`;
    return false;
  } finally {
    await showState();
  }
}

/** @param {string} operation @returns {boolean} whether this visitor may do it */
function may(operation) {
  return session?.may.includes(operation) ?? false;
}

/** Show only what this visitor may do. @param {Session} session */
function showSession({ role, signed_in: signedIn }) {
  page.filters.hidden = page.columns.hidden = !may("list");
  page.signIn.hidden = role === "operator";
  page.signOut.hidden = !signedIn;
}

/** Show why records may be missing from the table, and what is recorded about visitors. */
async function showState() {
  const state = await readiness();
  const notice = [failure, queueNote(state?.recorder.queued ?? 0)].filter(Boolean).join(" ");
  if (page.notice.textContent !== notice) page.notice.textContent = notice;
  if (state) page.privacy.textContent = privacyNote(state, false);
}

async function loadCounts() {
  if (!may("count")) return;
  try {
    const { days, confusion } = await fetchCounts();
    const [byDay, matrix] = [resultsByDay(days), confusionMatrix(confusion)];
    charts.chart(page.days, byDay, { title: "Results by day", shorten });
    charts.table(page.daysTable, byDay, "Result");
    charts.chart(page.confusion, matrix, { title: "Confusion matrix: intended digits in rows, results in columns", shorten });
    charts.table(page.confusionTable, matrix, "Intended \\ result");
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

/** @param {string} name @returns {string} short enough for a chart: the day of the month, a digit or a dash */
function shorten(name) {
  return name === NOT_A_DIGIT ? "–" : name.slice(-2);
}

page.older.addEventListener("click", () => {
  if (next) cursors.push(next);
  void load();
});
page.newer.addEventListener("click", () => {
  cursors.pop();
  void load();
});

async function poll() {
  if (document.visibilityState === "visible" && cursors.length === 0) {
    if (await load({ highlightNew: true })) await loadCounts();
  }
  setTimeout(poll, POLL_INTERVAL);
}

setUpSignIn(page, () => {
  session = null;
  void load().then(loadCounts);
});
await load();
await loadCounts();
setTimeout(poll, POLL_INTERVAL);
