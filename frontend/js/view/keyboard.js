import { clamp, SIZE } from "../model/geometry.js";
import { wholePercent } from "../model/text.js";
import { text } from "../texts.js";

/**
 * @import {Drawing} from "../model/drawing.js"
 * @import {Paper} from "./paper.js"
 * @import {Tools} from "./tools.js"
 */

/** An id that no pointer has. */
const KEYBOARD = -1;

/** How far one key press moves the pen, in canvas units. */
const STEP = 10;
const FINE_STEP = 2;

/** @type {Record<string, [number, number]>} */
export const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * Set up drawing by keyboard while the canvas has the focus: arrow keys move the pen, Space lowers or
 * lifts it.
 * @param {Paper} paper
 * @param {Drawing} drawing
 * @param {Tools} tools
 * @param {(text: string) => void} announce to screen readers
 * @returns {() => void} lifts the pen
 */
export function setUpKeyboard(paper, drawing, tools, announce) {
  const { canvas } = paper;
  const pen = { x: SIZE / 2, y: SIZE / 4, down: false };
  /** Arrow keys that are held; two of them move the pen diagonally. @type {Set<string>} */
  const held = new Set();

  const point = () => ({ x: pen.x, y: pen.y, t: performance.now() });
  drawing.listen(() => (pen.x = clamp(pen.x, drawing.width)));
  const position = () => text("draw.position", { across: wholePercent(pen.x / drawing.width), down: wholePercent(pen.y / SIZE) });

  function show() {
    const kind = pen.down ? "down" : "up";
    if (tools.erasing) paper.showTip(point(), tools.eraserWidth, kind);
    else paper.showTip(point(), tools.width, kind);
  }

  function lift() {
    if (!pen.down) return;
    pen.down = false;
    drawing.endMove();
    drawing.end(KEYBOARD);
  }

  function toggle() {
    if (pen.down) {
      lift();
      announce(text("draw.pen_lifted", { position: position() }));
    } else {
      pen.down = true;
      if (tools.erasing) drawing.erase(point(), point(), tools.eraserWidth / 2);
      else drawing.begin(KEYBOARD, point(), tools.width);
      announce(text("draw.pen_down", { position: position() }));
    }
  }

  /** @param {number} step */
  function move(step) {
    const before = point();
    for (const key of held) {
      pen.x = clamp(pen.x + step * ARROWS[key][0], drawing.width);
      pen.y = clamp(pen.y + step * ARROWS[key][1], SIZE);
    }
    if (pen.down && tools.erasing) drawing.erase(before, point(), tools.eraserWidth / 2);
    else if (pen.down) drawing.extend(KEYBOARD, [point()]);
    else announce(`${position()}.`);
  }

  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in ARROWS) {
      held.add(event.key);
      move(event.shiftKey ? FINE_STEP : STEP);
    } else if (event.key === " ") {
      if (!event.repeat) toggle();
    } else {
      return;
    }
    event.preventDefault();
    show();
  });
  canvas.addEventListener("keyup", (event) => held.delete(event.key));
  canvas.addEventListener("focus", () => canvas.matches(":focus-visible") && show());
  canvas.addEventListener("blur", () => {
    held.clear();
    lift();
    paper.hideTip();
  });
  return lift;
}
