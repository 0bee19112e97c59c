/**
 * Strokes as plain numbers, free of the DOM. Lengths are in canvas units: the canvas is 280 x 280,
 * however large it is on the screen; x goes right, y down. Times are in milliseconds.
 *
 * @typedef {{x: number, y: number, t: number}} Point
 * @typedef {{points: readonly Point[], width: number}} Stroke
 */

export const SIZE = 280;

/** Spacing, in units, at which a stroke is looked at when the eraser cuts it. */
const CUT_STEP = 1;

/**
 * Where on the canvas a point of the window lies.
 * @param {{clientX: number, clientY: number, timeStamp: number}} event
 * @param {{left: number, top: number, width: number, height: number}} box the canvas in the window
 * @returns {Point}
 */
export function toCanvas(event, box) {
  return {
    x: ((event.clientX - box.left) * SIZE) / box.width,
    y: ((event.clientY - box.top) * SIZE) / box.height,
    t: event.timeStamp,
  };
}

/**
 * A smooth curve through the middles of a stroke's segments, as SVG path data: quadratic Béziers
 * whose control points are the points themselves.
 * @param {readonly Point[]} points at least one
 */
export function curve(points) {
  const [first, ...rest] = points.map(({ x, y }) => ({ x: round(x), y: round(y) }));
  const last = rest.pop();
  // A segment without length paints nothing on a canvas; a dot needs a little of it.
  if (!last) return `M${first.x} ${first.y}h.01`;
  const bends = rest.map((point, i) => {
    const next = rest[i + 1] ?? last;
    return `Q${point.x} ${point.y} ${round((point.x + next.x) / 2)} ${round((point.y + next.y) / 2)}`;
  });
  return `M${first.x} ${first.y}${bends.join("")}L${last.x} ${last.y}`;
}

/**
 * The strokes that are left when a round eraser went in a straight line. A stroke that it crossed
 * falls into pieces; one that it did not touch is returned as it was.
 * @param {readonly Stroke[]} strokes
 * @param {Point} from
 * @param {Point} to
 * @param {number} radius
 * @returns {readonly Stroke[]} the same array if nothing was touched
 */
export function erase(strokes, from, to, radius) {
  const left = strokes.flatMap((stroke) => {
    const reach = radius + stroke.width / 2;
    const fine = dense(stroke.points);
    const kept = fine.map((point) => distance(point, from, to) > reach);
    if (kept.every(Boolean)) return [stroke];
    return runs(fine, kept).map((points) => ({ ...stroke, points }));
  });
  return left.length === strokes.length && left.every((stroke, i) => stroke === strokes[i]) ? strokes : left;
}

/**
 * The ways of an eraser, one step longer.
 * @param {readonly Stroke[]} ways
 * @param {Point} from
 * @param {Point} to
 * @param {number} width
 * @returns {readonly Stroke[]}
 */
export function extended(ways, from, to, width) {
  const last = ways.at(-1);
  const end = last?.points.at(-1);
  if (last?.width === width && end && together(end, from)) return [...ways.slice(0, -1), { width, points: [...last.points, to] }];
  return [...ways, { width, points: together(from, to) ? [to] : [from, to] }];
}

/** @param {Point} a @param {Point} b */
function together(a, b) {
  return a.x === b.x && a.y === b.y;
}

/**
 * The strokes as they travel: [[[x, y, ms since the first point], ...], ...], on the canvas.
 * @param {readonly Stroke[]} strokes
 * @returns {number[][][]}
 */
export function toJSON(strokes) {
  const start = Math.min(...strokes.map((stroke) => stroke.points[0].t));
  return strokes.map((stroke) =>
    stroke.points.map(({ x, y, t }) => [round(clamp(x)), round(clamp(y)), Math.round(t - start)]),
  );
}

/** @param {number} value @returns {number} the nearest coordinate that is on the canvas */
export function clamp(value) {
  return Math.min(SIZE, Math.max(0, value));
}

/**
 * The largest rectangle of a picture's shape in the middle of the canvas.
 * @param {number} width of the picture
 * @param {number} height of the picture
 */
export function fit(width, height) {
  const scale = SIZE / Math.max(width, height);
  const [w, h] = [width * scale, height * scale];
  return { x: (SIZE - w) / 2, y: (SIZE - h) / 2, width: w, height: h };
}

/**
 * Distance of a point from a line segment.
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

/** @param {readonly Point[]} points @returns {Point[]} the same line with points at most CUT_STEP apart */
function dense(points) {
  return points.flatMap((point, i) => {
    if (i === 0) return [point];
    const before = points[i - 1];
    const steps = Math.ceil(Math.hypot(point.x - before.x, point.y - before.y) / CUT_STEP) || 1;
    return Array.from({ length: steps }, (_, k) => between(before, point, (k + 1) / steps));
  });
}

/** @param {Point} a @param {Point} b @param {number} part @returns {Point} */
function between(a, b, part) {
  return { x: a.x + part * (b.x - a.x), y: a.y + part * (b.y - a.y), t: a.t + part * (b.t - a.t) };
}

/** @param {Point[]} points @param {boolean[]} kept @returns {Point[][]} the unbroken runs of kept points */
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

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
