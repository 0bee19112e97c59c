import { SIZE } from "../model/geometry.js";
import { fetchImage, fetchRecord, fetchStrokes } from "../network/records.js";
import { readPicture } from "./picture_file.js";

/**
 * @import {Drawing} from "../model/drawing.js"
 */

/** An id that no pointer has. */
const REPLAY = -2;

/** Pauses are cut to this many milliseconds. */
const LONGEST_PAUSE = 300;

/**
 * Reopen a recorded drawing on the canvas: stroke by stroke, at the speed at which it was drawn, or
 * as a picture if it contains one or has no strokes.
 * @param {string} id
 * @param {Drawing} drawing
 * @param {number} defaultWidth of the pen, for records without pen widths
 * @param {AbortSignal} signal stops the replay where it is
 */
export async function replay(id, drawing, defaultWidth, signal) {
  const { source, file_name: name, pen_widths: widths } = await fetchRecord(id);
  // The strokes of an upload were drawn over a picture.
  const strokes = source === "canvas" ? await fetchStrokes(id) : null;
  if (!strokes) {
    return drawing.setPicture(await readPicture(new File([await fetchImage(id)], name ?? `record ${id}`)));
  }
  const image = await createImageBitmap(await fetchImage(id)).catch(() => null);
  const width = image ? Math.round((SIZE * image.width) / image.height) : SIZE;
  if (width !== drawing.width) drawing.setWidth(Math.max(SIZE, width));
  let last = 0;
  for (const [k, stroke] of strokes.entries()) {
    for (const [i, [x, y, t]] of stroke.entries()) {
      await wait(Math.min(t - last, LONGEST_PAUSE));
      if (signal.aborted) return drawing.end(REPLAY);
      last = t;
      if (i === 0) drawing.begin(REPLAY, { x, y, t }, widths?.[k] ?? defaultWidth);
      else drawing.extend(REPLAY, [{ x, y, t }]);
    }
    drawing.end(REPLAY);
  }
}

/** @param {number} ms */
function wait(ms) {
  return ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : undefined;
}
