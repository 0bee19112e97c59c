import { byDay, meantAgainstRead } from "./model/counts.js";
import { keeping, NOT_A_DIGIT, waiting } from "./model/words.js";
import { Failure } from "./network/api.js";
import { health } from "./network/health.js";
import { counts, records } from "./network/records.js";
import { find, RECORDER } from "./selectors.js";
import * as charts from "./view/charts.js";
import { takeFilters } from "./view/filters.js";
import { RecordDialog } from "./view/record.js";
import { Table } from "./view/table.js";

/** How often, in ms, the page looks for new records. */
const LOOK = 2000;

const page = find(RECORDER);
const dialog = new RecordDialog(page, () => void Promise.all([load(), loadCounts()]));
const table = new Table(page.records, (record) => dialog.open(record));
const filter = takeFilters(page.filters, page.exports, () => {
  cursors = [];
  void load();
});
/** The cursors that led to the page that is shown; none: the newest. @type {string[]} */
let cursors = [];
/** The cursor of the page after it. @type {string | null} */
let next = null;
/** Why the last load failed, in words. */
let failure = "";
/** Counts the loads, so that a slow answer never replaces a newer one. */
let loads = 0;

/**
 * @param {{arriving?: boolean}} [how] arriving: point out the records that were not there before
 * @returns {Promise<boolean>} whether the table changed
 */
async function load({ arriving = false } = {}) {
  const mine = ++loads;
  try {
    const answer = await records(filter(), cursors.at(-1) ?? null);
    if (mine !== loads) return false;
    const changed = table.show(answer.records, arriving);
    next = answer.next;
    page.older.disabled = next === null;
    page.newer.disabled = cursors.length === 0;
    page.none.hidden = answer.records.length > 0 || next !== null;
    page.further.hidden = answer.records.length > 0 || next === null;
    failure = "";
    return changed;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    failure = `${error.message} Trying again.`;
    return false;
  } finally {
    await tellState();
  }
}

/** Say what stands in the way of the table, and what a visitor should know of the recorder. */
async function tellState() {
  const state = await health();
  const said = [failure, waiting(state?.recorder.queued ?? 0)].filter(Boolean).join(" ");
  if (page.notice.textContent !== said) page.notice.textContent = said;
  if (state) page.keeping.textContent = keeping(state.client_address);
}

async function loadCounts() {
  try {
    const { days, confusion } = await counts();
    const [read, meant] = [byDay(days), meantAgainstRead(confusion)];
    charts.chart(page.days, read, { title: "How often each result was read, by day", shorten: short });
    charts.table(page.daysTable, read, "Read");
    charts.chart(page.confusion, meant, { title: "What was meant, by rows, against what was read, by columns", shorten: short });
    charts.table(page.confusionTable, meant, "Meant \\ read");
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

/** @param {string} name @returns {string} what fits beside a cell: the day of the month, or a digit */
function short(name) {
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

async function look() {
  if (document.visibilityState === "visible" && cursors.length === 0) {
    if (await load({ arriving: true })) await loadCounts();
  }
  setTimeout(look, LOOK);
}

await Promise.all([load(), loadCounts()]);
setTimeout(look, LOOK);
