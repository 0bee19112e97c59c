import { Failure } from "../network/api.js";
import { image, strokes } from "../network/records.js";
import { readPicture } from "./picture.js";

/**
 * @import {Drawing} from "../model/drawing.js"
 */

/** No pointer has this id. */
const REPLAY = -2;

/** The longest wait, in ms, between two points: nobody wants to watch a person think. */
const LONGEST_WAIT = 300;

/**
 * Bring a recorded drawing back onto the canvas: stroke by stroke, in the time that it took, if it
 * was drawn here; as a picture if not.
 * @param {string} id
 * @param {Drawing} drawing
 * @param {number} width of the pen
 * @param {AbortSignal} signal ends the replay where it is
 */
export async function replay(id, drawing, width, signal) {
  let recorded;
  try {
    recorded = await strokes(id);
  } catch (error) {
    if (!(error instanceof Failure) || error.passing) throw error;
    return drawing.put(await readPicture(new File([await image(id)], `record ${id}`)));
  }
  let last = 0;
  for (const stroke of recorded) {
    for (const [i, [x, y, t]] of stroke.entries()) {
      await wait(Math.min(t - last, LONGEST_WAIT));
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
