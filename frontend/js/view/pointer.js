import { toCanvas } from "../model/geometry.js";

/**
 * @import {Drawing} from "../model/drawing.js"
 * @import {Paper} from "./paper.js"
 * @import {Tools} from "./tools.js"
 */

/** The bit of `buttons` that a pen's eraser end sets (Pointer Events, 10.1.3.2). */
const ERASER_END = 32;

/**
 * Let mouse, fingers and pens draw: one stroke for each pointer that is down.
 * @param {Paper} paper
 * @param {Drawing} drawing
 * @param {Tools} tools
 * @returns {() => void} takes the listeners away again
 */
export function takePointers(paper, drawing, tools) {
  const { canvas } = paper;
  const teardown = new AbortController();
  /** Where each eraser that is down was last. @type {Map<number, import("../model/geometry.js").Point>} */
  const erasers = new Map();
  /** @type {Set<number>} */
  const fingers = new Set();

  /** @param {PointerEvent} event */
  function here(event) {
    return toCanvas(event, canvas.getBoundingClientRect());
  }

  /** @param {PointerEvent} event */
  function down(event) {
    if (event.pointerType === "pen") rejectPalms();
    if (event.pointerType === "touch" && tools.penOnly) return;
    if (event.pointerType === "mouse" && event.button !== 0) return;
    if (event.pointerType === "touch") fingers.add(event.pointerId);
    const point = here(event);
    if (tools.erasing || event.buttons & ERASER_END) {
      erasers.set(event.pointerId, point);
      drawing.erase(point, point, tools.eraserWidth / 2);
    } else {
      drawing.begin(event.pointerId, point, tools.width);
    }
    capture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  function move(event) {
    if (event.pointerType !== "touch") tip(event);
    const passed = event.getCoalescedEvents?.() ?? [];
    const points = (passed.length > 0 ? passed : [event]).map(here);
    for (const point of points) {
      const before = erasers.get(event.pointerId);
      if (!before) break;
      drawing.erase(before, point, tools.eraserWidth / 2);
      erasers.set(event.pointerId, point);
    }
    drawing.extend(event.pointerId, points);
  }

  /** @param {PointerEvent} event */
  function up(event) {
    fingers.delete(event.pointerId);
    if (erasers.delete(event.pointerId)) drawing.endErase();
    drawing.end(event.pointerId);
  }

  /** @param {PointerEvent} event */
  function cancel(event) {
    if (erasers.delete(event.pointerId)) drawing.endErase();
    drawing.cancel(event.pointerId);
  }

  /** A pen is here, so a touch is a hand that rests on the screen. */
  function rejectPalms() {
    tools.penOnly = true;
    fingers.forEach((pointer) => drawing.cancel(pointer));
    fingers.clear();
  }

  /** @param {PointerEvent} event */
  function tip(event) {
    if (tools.erasing) paper.showTip(here(event), tools.eraserWidth, "eraser");
    else paper.showTip(here(event), tools.width, "pen");
  }

  /** @param {number} pointer */
  function capture(pointer) {
    try {
      canvas.setPointerCapture(pointer);
    } catch {
      // The pointer was lifted before this ran; the stroke ends all the same.
    }
  }

  const options = { signal: teardown.signal };
  canvas.addEventListener("pointerdown", down, options);
  canvas.addEventListener("pointermove", move, options);
  canvas.addEventListener("pointerup", up, options);
  canvas.addEventListener("lostpointercapture", up, options);
  canvas.addEventListener("pointercancel", cancel, options);
  canvas.addEventListener("pointerleave", () => paper.hideTip(), options);
  return () => teardown.abort();
}
