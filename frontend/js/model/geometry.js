/**
 * Strokes as plain numbers, independent of the DOM. Lengths are in canvas units: the canvas is
 * 280 x 280, or wider, whatever its size on the screen; x points right, y down. Times are in milliseconds.
 *
 * @typedef {{x: number, y: number, t: number}} Point
 * @typedef {{points: readonly Point[], width: number}} Stroke
 * @typedef {{x: number, y: number, width: number, height: number}} Rectangle x, y: its corner at the top left
 */

/** The height of the canvas, and its width unless the paper is wide. */
export const SIZE = 280;

/** Resolution, in canvas units, at which the eraser cuts strokes. */
const CUT_STEP = 1;

/**
 * Convert the position of a pointer event to canvas units.
 * @param {{clientX: number, clientY: number, timeStamp: number}} event
 * @param {{left: number, top: number, width: number, height: number}} box bounding rectangle of the canvas
 * @param {number} width of the canvas
 * @returns {Point}
 */
export function toCanvas(event, box, width) {
  return {
    x: ((event.clientX - box.left) * width) / box.width,
    y: ((event.clientY - box.top) * SIZE) / box.height,
    t: event.timeStamp,
  };
}

/**
 * A smooth curve as SVG path data: quadratic Béziers through the midpoints of the segments, with the
 * points as control points.
 * @param {readonly Point[]} points at least one
 */
export function curve(points) {
  const [first, ...rest] = points.map(({ x, y }) => ({ x: round(x), y: round(y) }));
  const last = rest.pop();
  // A canvas doesn't paint zero-length segments, so a dot gets a tiny length.
  if (!last) return `M${first.x} ${first.y}h.01`;
  const bends = rest.map((point, i) => {
    const next = rest[i + 1] ?? last;
    return `Q${point.x} ${point.y} ${round((point.x + next.x) / 2)} ${round((point.y + next.y) / 2)}`;
  });
  return `M${first.x} ${first.y}${bends.join("")}L${last.x} ${last.y}`;
}

/**
 * Move a round eraser along a straight line. Strokes that it crosses are cut into pieces; all others
 * are returned unchanged.
 * @param {readonly Stroke[]} strokes
 * @param {Point} from
 * @param {Point} to
 * @param {number} radius
 * @returns {readonly Stroke[]} what is left; the same array if nothing was erased
 */
export function erase(strokes, from, to, radius) {
  const remaining = strokes.flatMap((stroke) => {
    const reach = radius + stroke.width / 2;
    const dense = resample(stroke.points);
    const kept = dense.map((point) => distance(point, from, to) > reach);
    if (kept.every(Boolean)) return [stroke];
    return runs(dense, kept).map((points) => ({ ...stroke, points }));
  });
  return remaining.length === strokes.length && remaining.every((stroke, i) => stroke === strokes[i]) ? strokes : remaining;
}

/**
 * Add a move of the eraser to its paths: to the last path if the move continues it, else as a new one.
 * @param {readonly Stroke[]} paths
 * @param {Point} from
 * @param {Point} to
 * @param {number} width
 * @returns {readonly Stroke[]}
 */
export function extendPaths(paths, from, to, width) {
  const last = paths.at(-1);
  const end = last?.points.at(-1);
  if (last?.width === width && end && samePlace(end, from)) return [...paths.slice(0, -1), { width, points: [...last.points, to] }];
  return [...paths, { width, points: samePlace(from, to) ? [to] : [from, to] }];
}

/** @param {Point} a @param {Point} b */
function samePlace(a, b) {
  return a.x === b.x && a.y === b.y;
}

/**
 * Strokes in the format of the API: [[[x, y, ms since the first point], ...], ...], clamped to the canvas.
 * @param {readonly Stroke[]} strokes
 * @param {number} width of the canvas
 * @returns {number[][][]}
 */
export function toJSON(strokes, width) {
  const start = Math.min(...strokes.map((stroke) => stroke.points[0].t));
  return strokes.map((stroke) =>
    stroke.points.map(({ x, y, t }) => [round(clamp(x, width)), round(clamp(y, SIZE)), Math.round(t - start)]),
  );
}

/** @param {number} value @param {number} size of the canvas @returns {number} the nearest coordinate on it */
export function clamp(value, size) {
  return Math.min(size, Math.max(0, value));
}

/**
 * The largest centered rectangle on the canvas with the aspect ratio of a picture.
 * @param {number} width of the picture
 * @param {number} height of the picture
 * @returns {Rectangle}
 */
export function fit(width, height) {
  const scale = SIZE / Math.max(width, height);
  const [w, h] = [width * scale, height * scale];
  return { x: (SIZE - w) / 2, y: (SIZE - h) / 2, width: w, height: h };
}

/**
 * The distance of a point from the line segment from a to b.
 * @param {Point} point
 * @param {Point} a
 * @param {Point} b
 */
export function distance(point, a, b) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const along = ((point.x - a.x) * dx + (point.y - a.y) * dy) / (dx * dx + dy * dy || 1);
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(point.x - a.x - t * dx, point.y - a.y - t * dy);
}

/** @param {readonly Point[]} points @returns {Point[]} the same line, with points at most CUT_STEP apart */
function resample(points) {
  return points.flatMap((point, i) => {
    if (i === 0) return [point];
    const before = points[i - 1];
    const steps = Math.ceil(Math.hypot(point.x - before.x, point.y - before.y) / CUT_STEP) || 1;
    return Array.from({ length: steps }, (_, k) => interpolate(before, point, (k + 1) / steps));
  });
}

/** @param {Point} a @param {Point} b @param {number} fraction of the way from a to b @returns {Point} */
function interpolate(a, b, fraction) {
  return { x: a.x + fraction * (b.x - a.x), y: a.y + fraction * (b.y - a.y), t: a.t + fraction * (b.t - a.t) };
}

/** @param {Point[]} points @param {boolean[]} kept @returns {Point[][]} the runs of consecutive kept points */
function runs(points, kept) {
  /** @type {Point[][]} */
  const all = [];
  points.forEach((point, i) => {
    if (!kept[i]) return;
    if (i > 0 && kept[i - 1]) all[all.length - 1].push(point);
    else all.push([point]);
  });
  return all;
}

/** @param {number} value @returns {number} with one decimal */
function round(value) {
  return Math.round(value * 10) / 10;
}
