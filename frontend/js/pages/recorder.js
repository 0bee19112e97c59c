// The page of the recorded predictions (/recorder).

import { countMatching } from "../model/counts.js";
import { address, NEWEST, positionIn } from "../model/place.js";
import { privacyNote, queueNote } from "../model/text.js";
import { Failure } from "../network/client.js";
import { readiness } from "../network/health.js";
import { fetchCounts, listRecords } from "../network/records.js";
import { fetchSession } from "../network/session.js";
import { find, RECORDER } from "../selectors.js";
import { text } from "../texts.js";
import { Filters } from "../view/filters.js";
import { Paging } from "../view/paging.js";
import { RecordDialog } from "../view/record.js";
import { setUpSignIn } from "../view/sign_in.js";
import { Statistics } from "../view/statistics.js";
import { Table } from "../view/table.js";

/**
 * @import {Counts} from "../model/counts.js"
 * @import {Position} from "../model/place.js"
 * @import {PredictionRecord} from "../network/records.js"
 * @import {Session} from "../network/session.js"
 */

/** How long, in ms, the page waits at least before it checks for new records. */
const POLL_INTERVAL = 2000;

const page = find(RECORDER);
const filters = new Filters(page.filters, page.exports, () => void go(NEWEST, []));
const table = new Table(page.records, open);
const paging = new Paging(page, { onNewest: () => go(NEWEST, []), onNewer: goNewer, onOlder: goOlder });
const statistics = new Statistics(page, (href) => {
  history.pushState({ newer: [] }, "", href);
  void paging.turn(showAddress);
});
const dialog = new RecordDialog(page, {
  onChange: () => void Promise.all([load(), loadCounts()]),
  onStep: (step) => void openNeighbor(step),
  onClose: () => {
    if (!table.focus(opened.id, opened.row)) page.tableScroll.focus();
  },
});
/** What this visitor may do; null: not known yet. @type {Session | null} */
let session = null;
/** The page that is shown. @type {Position} */
let position = NEWEST;
/** The newer pages that led to it, the newest first; none if the page was opened by its address. @type {Position[]} */
let newer = [];
/** The cursor of the next, older page. @type {string | null} */
let next = null;
/** @type {Counts} */
let counts = { days: [], confusion: [] };
/** The record in the dialog, and the row that it had when it was opened. */
let opened = { id: "", row: 0 };
/** Why the last load failed, as a sentence. */
let failure = "";
/** Counts the loads, so that a slow response never replaces a newer one. */
let loads = 0;

/** Show another page, and make it the address. @param {Position} to @param {Position[]} newerPages that lead to it */
async function go(to, newerPages) {
  history.pushState({ newer: newerPages }, "", address(filters.query, to));
  await showAddress();
}

/** Show the page that the address names. */
async function showAddress() {
  const query = new URLSearchParams(location.search);
  filters.query = query;
  filters.updateLinks();
  position = positionIn(query);
  newer = history.state?.newer ?? [];
  await load();
}

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
    let found = await listRecords(filters.query, position.before);
    // Where the counts say that there are matches, search until the first.
    while (found.records.length === 0 && found.next !== null && matching()) {
      if (current !== loads) return false;
      page.range.textContent = text("recorder.searching");
      found = await listRecords(filters.query, found.next);
    }
    if (current !== loads) return false;
    next = found.next;
    failure = "";
    const changed = table.show(found.records, highlightNew);
    showRange();
    return changed;
  } catch (error) {
    noteFailure(error);
    return false;
  } finally {
    await showState();
  }
}

/** @param {unknown} error */
function noteFailure(error) {
  if (!(error instanceof Failure)) throw error;
  if (error.code === "sign_in_required") session = null; // it has expired, which the next load shows
  failure = error.temporary || session === null ? text("trying_again", { problem: error.message }) : error.message;
}

/** @param {string} operation @returns {boolean} whether this visitor may do it */
function may(operation) {
  return session?.may.includes(operation) ?? false;
}

/** Show only what this visitor may do. @param {Session} session */
function showSession({ role, signed_in: signedIn }) {
  if (!may("list")) page.filters.hidden = page.columns.hidden = page.noRecords.hidden = true;
  page.signIn.hidden = role === "operator";
  page.signOut.hidden = !signedIn;
  page.label.hidden = !(may("list") && may("correct"));
}

/** @returns {number | null} how many records match the filter; null: unknown */
function matching() {
  return countMatching(counts, filters.query);
}

function showRange() {
  paging.show(position, {
    shown: table.records.length,
    matching: matching(),
    filtered: filters.query.size > 0,
    older: next !== null,
  });
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
    counts = await fetchCounts();
    statistics.show(counts);
    showRange();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

/** @param {PredictionRecord} record */
function open(record) {
  const row = table.records.indexOf(record);
  opened = { id: record.id, row };
  dialog.open(record, {
    mayChangeAll: may("correct") && may("delete"),
    newer: row > 0 || position.before !== null,
    older: row < table.records.length - 1 || next !== null,
  });
}

/** Open the next record (1) or the previous one (-1), from the page that has it. @param {1 | -1} step */
async function openNeighbor(step) {
  const row = table.records.findIndex(({ id }) => id === opened.id);
  // A correction may have removed it from the table; the next one has then taken its row.
  const wanted = row >= 0 ? row + step : opened.row + Math.min(step, 0);
  if (wanted >= table.records.length && next !== null) {
    await goOlder();
    if (table.records.length > 0) open(table.records[0]);
  } else if (wanted < 0 && position.before !== null) {
    await goNewer();
    // A page that was found by its address may have the opened record, too.
    const again = table.records.findIndex(({ id }) => id === opened.id);
    const previous = table.records[again < 0 ? table.records.length - 1 : Math.max(again - 1, 0)];
    if (previous) open(previous);
  } else if (table.records[wanted]) {
    open(table.records[wanted]);
  }
}

async function goOlder() {
  if (next !== null) await go({ before: next, from: position.from + table.records.length }, [...newer, position]);
}

async function goNewer() {
  const pages = newer.length > 0 ? newer : await findNewer();
  if (pages) await go(pages.at(-1) ?? NEWEST, pages.slice(0, -1));
}

/**
 * The newer pages of a page that was opened by its address, found from the newest on, because records are listed only in that
 * direction.
 * @returns {Promise<Position[] | null>} the newest first; null: the search failed or is no longer wanted
 */
async function findNewer() {
  const current = ++loads;
  const first = table.records[0];
  /** @param {PredictionRecord} record */
  const isNewer = (record) => !first || (record.id !== first.id && record.date >= first.date);
  page.range.textContent = text("recorder.searching_newer");
  try {
    const pages = [];
    for (let at = NEWEST; ; ) {
      const { records, next } = await listRecords(filters.query, at.before);
      if (current !== loads) return null;
      if (records.length > 0 && isNewer(records[0])) pages.push(at);
      if (next === null || !records.every(isNewer)) return pages;
      at = { before: next, from: at.from + records.length };
    }
  } catch (error) {
    noteFailure(error);
    showRange();
    await showState();
    return null;
  }
}

addEventListener("popstate", () => void showAddress());

async function poll() {
  const began = Date.now();
  if (document.visibilityState === "visible" && (position.before === null || failure)) {
    if (await load({ highlightNew: true })) await loadCounts();
  }
  // A filter that few records match takes the server long: at most a tenth of its time.
  setTimeout(poll, Math.max(POLL_INTERVAL, 9 * (Date.now() - began)));
}

setUpSignIn(page, () => {
  session = null;
  void load().then(loadCounts);
});
document.documentElement.dataset.ready = ""; // see start.js
await showAddress();
await loadCounts();
setTimeout(poll, POLL_INTERVAL);
