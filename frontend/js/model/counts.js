/**
 * Counts of records as grids of numbers. Independent of the DOM.
 *
 * @typedef {{day: string, result: string, count: number}} DayCount
 * @typedef {{meant: string, read: string, count: number}} Confusion meant: the intended digit, read: the predicted one
 * @typedef {{rows: string[], columns: string[], cells: number[][]}} Grid cells[row][column]
 */
import { labelText, NOT_A_DIGIT } from "./text.js";

export const RESULTS = [..."0123456789", NOT_A_DIGIT];

/** The number of days in the chart: more would make its cells too small to read. */
const DAYS = 14;

/**
 * Results by day, up to the newest day that has records.
 * @param {DayCount[]} counts
 * @returns {Grid}
 */
export function resultsByDay(counts) {
  const newest = counts.map(({ day }) => day).sort().at(-1);
  const columns = newest ? daysUpTo(newest) : [];
  const entries = counts.map(({ day, result, count }) => ({ row: result, column: day, count }));
  return grid(RESULTS, columns, entries);
}

/** @param {Confusion[]} confusion @returns {Grid} rows: intended, columns: predicted */
export function confusionMatrix(confusion) {
  const entries = confusion.map(({ meant, read, count }) => ({ row: labelText(meant), column: labelText(read), count }));
  return grid(RESULTS, RESULTS, entries);
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

/** @param {string} newest YYYY-MM-DD @returns {string[]} the last DAYS days, oldest first */
function daysUpTo(newest) {
  const day = 24 * 60 * 60 * 1000;
  const end = Date.parse(newest);
  return Array.from({ length: DAYS }, (_, i) => new Date(end - (DAYS - 1 - i) * day).toISOString().slice(0, 10));
}
