/**
 * Counts of records as grids of numbers. Independent of the DOM.
 *
 * @typedef {{day: string, result: string, count: number}} DayCount
 * @typedef {{meant: string, read: string, count: number}} Confusion meant: the intended digit, read: the predicted one
 * @typedef {{days: DayCount[], confusion: Confusion[]}} Counts
 * @typedef {{rows: string[], columns: string[], cells: number[][]}} Grid cells[row][column]
 */
import { NOT_A_DIGIT, NUMBER } from "./text.js";

export const RESULTS = [..."0123456789", NUMBER, NOT_A_DIGIT];
const LABELS = [..."0123456789", NUMBER, "not_a_digit"];

/** The most days in the chart. */
const DAYS = 14;

/**
 * Results of the newest days that have records.
 * @param {DayCount[]} counts
 * @returns {Grid} rows: days as YYYY-MM-DD, columns: results
 */
export function resultsByDay(counts) {
  const days = [...new Set(counts.map(({ day }) => day))].sort().reverse();
  const entries = counts.map(({ day, result, count }) => ({ row: day, column: result, count }));
  return grid(days.slice(0, DAYS), RESULTS, entries);
}

/** @param {Confusion[]} confusion @returns {Grid} rows: intended, as labels; columns: results */
export function confusionMatrix(confusion) {
  const entries = confusion.map(({ meant, read, count }) => ({ row: meant, column: resultOf(read), count }));
  return grid(LABELS, RESULTS, entries);
}

/** @param {string} label @returns {string} the result that it says is right */
function resultOf(label) {
  return label === "not_a_digit" ? NOT_A_DIGIT : label;
}

/**
 * How many records match a filter.
 * @param {Counts} counts
 * @param {URLSearchParams} filter
 * @returns {number | null} null: the counts don't tell
 */
export function countMatching({ days, confusion }, filter) {
  const fields = [...filter.keys()].filter((field) => field !== "result").join();
  const result = filter.get("result");
  if (fields === "" || fields === "day") {
    return sum(days, (each) => [each.result, each.day], [result, filter.get("day")]);
  }
  if (fields === "label") {
    return sum(confusion, (each) => [resultOf(each.read), each.meant], [result, filter.get("label")]);
  }
  return null;
}

/**
 * @template {{count: number}} T
 * @param {T[]} entries
 * @param {(entry: T) => string[]} values
 * @param {(string | null)[]} wanted null: any
 */
function sum(entries, values, wanted) {
  const matching = entries.filter((entry) => values(entry).every((value, i) => wanted[i] === null || wanted[i] === value));
  return matching.reduce((total, { count }) => total + count, 0);
}

/**
 * @param {string[]} rows
 * @param {string[]} columns
 * @param {{row: string, column: string, count: number}[]} entries those outside of the grid are ignored
 * @returns {Grid}
 */
function grid(rows, columns, entries) {
  const cells = rows.map(() => columns.map(() => 0));
  for (const { row, column, count } of entries) {
    const [y, x] = [rows.indexOf(row), columns.indexOf(column)];
    if (y >= 0 && x >= 0) cells[y][x] += count;
  }
  return { rows, columns, cells };
}
