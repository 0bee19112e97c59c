/**
 * Counts as grids of numbers, free of the DOM.
 *
 * @typedef {{day: string, result: string, count: number}} DayCount
 * @typedef {{meant: string, read: string, count: number}} Confusion
 * @typedef {{rows: string[], columns: string[], cells: number[][]}} Grid cells[row][column]
 */
import { meaning, NOT_A_DIGIT } from "./words.js";

export const READINGS = [..."0123456789", NOT_A_DIGIT];

/** How many days the chart shows, so that its cells stay large enough to read. */
const DAYS = 14;

/**
 * Results by day, for the days up to the newest one that has records.
 * @param {DayCount[]} counts
 * @returns {Grid}
 */
export function byDay(counts) {
  const newest = counts.map(({ day }) => day).sort().at(-1);
  const columns = newest ? daysUpTo(newest) : [];
  const entries = counts.map(({ day, result, count }) => ({ row: result, column: day, count }));
  return grid(READINGS, columns, entries);
}

/** @param {Confusion[]} confusion @returns {Grid} rows: meant, columns: read */
export function meantAgainstRead(confusion) {
  const entries = confusion.map(({ meant, read, count }) => ({ row: meaning(meant), column: meaning(read), count }));
  return grid(READINGS, READINGS, entries);
}

/**
 * @param {string[]} rows
 * @param {string[]} columns
 * @param {{row: string, column: string, count: number}[]} entries
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

/** @param {string} newest YYYY-MM-DD @returns {string[]} the last days, oldest first */
function daysUpTo(newest) {
  const day = 24 * 60 * 60 * 1000;
  const end = Date.parse(newest);
  return Array.from({ length: DAYS }, (_, i) => new Date(end - (DAYS - 1 - i) * day).toISOString().slice(0, 10));
}
