import { Failure } from "../network/client.js";
import { fetchImage, fetchStrokes } from "../network/records.js";
import { readPicture } from "./picture.js";

/**
 * @import {Drawing} from "../model/drawing.js"
 */

/** An id that no pointer has. */
const REPLAY = -2;

/** Pauses are cut to this many milliseconds. */
const LONGEST_PAUSE = 300;

/**
 * Reopen a recorded drawing on the canvas: stroke by stroke, at the speed at which it was drawn, or
 * as a picture if it has no strokes.
 * @param {string} id
 * @param {Drawing} drawing
 * @param {number} width of the pen
 * @param {AbortSignal} signal stops the replay where it is
 */
export async function replay(id, drawing, width, signal) {
  let recorded;
  try {
    recorded = await fetchStrokes(id);
  } catch (error) {
    if (!(error instanceof Failure) || error.temporary) throw error;
    return drawing.setPicture(await readPicture(new File([await fetchImage(id)], `record ${id}`)));
  }
  let last = 0;
  for (const stroke of recorded) {
    for (const [i, [x, y, t]] of stroke.entries()) {
      await wait(Math.min(t - last, LONGEST_PAUSE));
      if (signal.aborted) return drawing.end(REPLAY);
      last = t;
      if (i === 0) drawing.begin(REPLAY, { x, y, t }, width);
      else drawing.extend(REPLAY, [{ x, y, t }]);
    }
    drawing.end(REPLAY);
  }
}

/** @param {number} ms */
function wait(ms) {
  return ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : undefined;
}
