import { toCanvas } from "../model/geometry.js";

/**
 * @import {Drawing} from "../model/drawing.js"
 * @import {Paper} from "./paper.js"
 * @import {Tools} from "./tools.js"
 */

/** The bit of `buttons` for the eraser of a pen (Pointer Events, 10.1.3.2). */
const ERASER_BUTTON = 32;

/**
 * Set up drawing with mouse, fingers and pens: one stroke for each pointer that is down.
 * @param {Paper} paper
 * @param {Drawing} drawing
 * @param {Tools} tools
 */
export function setUpPointerEvents(paper, drawing, tools) {
  const { canvas } = paper;
  /** The last position of each eraser that is down. @type {Map<number, import("../model/geometry.js").Point>} */
  const erasers = new Map();
  /** @type {Set<number>} */
  const fingers = new Set();

  /** @param {PointerEvent} event */
  function here(event) {
    return toCanvas(event, canvas.getBoundingClientRect(), drawing.width);
  }

  /** @param {PointerEvent} event */
  function down(event) {
    if (event.pointerType === "pen") rejectPalms();
    if (event.pointerType === "touch" && tools.penOnly) return;
    if (event.pointerType === "mouse" && event.button !== 0) return;
    if (event.pointerType === "touch") fingers.add(event.pointerId);
    const point = here(event);
    if (tools.erasing || event.buttons & ERASER_BUTTON) {
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
    const coalesced = event.getCoalescedEvents?.() ?? [];
    const points = (coalesced.length > 0 ? coalesced : [event]).map(here);
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
    if (erasers.delete(event.pointerId)) drawing.endMove();
    drawing.end(event.pointerId);
  }

  /** @param {PointerEvent} event */
  function cancel(event) {
    if (erasers.delete(event.pointerId)) drawing.endMove();
    drawing.cancel(event.pointerId);
  }

  /** Someone who uses a pen rests a hand on the screen: ignore touches. */
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
      // The pointer was already lifted, so it needs no capture.
    }
  }

  canvas.addEventListener("pointerdown", down);
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("lostpointercapture", up);
  canvas.addEventListener("pointercancel", cancel);
  // With Scribble on, an iPad takes a stroke that soon follows another, unless a listener cancels touchmove.
  canvas.addEventListener("touchmove", (event) => event.preventDefault(), { passive: false });
  canvas.addEventListener("pointerleave", () => paper.hideTip());
}
