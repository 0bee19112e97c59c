import { SIZE } from "../model/geometry.js";
import { newKey } from "../network/idempotency_key.js";
import { Store } from "./store.js";
import { readText, writeText } from "./texts.js";

/**
 * Keeps the drawing of each tab on this device, so that it survives a reload, a visit to another page and a crash.
 *
 * @import {Drawing, Picture, State} from "../model/drawing.js"
 * @typedef {Omit<State, "picture"> & {id: string, picture: Omit<Picture, "bitmap"> | null}} StoredDrawing id: of the tab
 */

const TAB = "digitpad.tab";

/** @type {Store<StoredDrawing>} */
const store = new Store("drawings");

/**
 * Restore the drawing of this tab, or of a closed one if this tab is new, and keep it from then on.
 * @param {Drawing} drawing
 * @param {boolean} restore false: only keep it
 */
export async function keepDrawing(drawing, restore) {
  const tab = readText("sessionStorage", TAB);
  const id = tab ?? newKey();
  writeText("sessionStorage", TAB, id);
  const kept = await (tab ? store.get(tab) : ofClosedTab());
  if (kept && kept.id !== id) await store.delete(kept.id);
  void holdLock(id);
  if (kept && restore && drawing.blank) {
    const picture = kept.picture && (await reopen(kept.picture).catch(() => null));
    const { strokes, eraserPaths, width = SIZE, box = null } = kept; // earlier versions kept no width and no box
    drawing.restore({ strokes, eraserPaths, width, picture, box: picture && box });
  }
  drawing.listen((change) => void (change !== "progress" && keep(id, drawing)));
  if (!drawing.blank) await keep(id, drawing);
}

/** @param {Omit<Picture, "bitmap">} picture */
async function reopen(picture) {
  const { reopenPicture } = await import("../view/picture_file.js");
  return reopenPicture(picture);
}

/** @param {string} id @param {Drawing} drawing */
async function keep(id, drawing) {
  if (drawing.blank) return store.delete(id);
  const { strokes, eraserPaths, width, picture, box } = drawing.state;
  const { url = "", name = "", borderColor = "" } = picture ?? {};
  await store.put({ id, strokes, eraserPaths, width, box, picture: picture && { url, name, borderColor } });
}

/** @returns {Promise<StoredDrawing | undefined>} the newest one */
async function ofClosedTab() {
  const held = await navigator.locks?.query().catch(() => null); // missing without HTTPS: then every tab counts as closed
  const open = new Set(held?.held?.map(({ name }) => name));
  return (await store.all()).filter(({ id }) => !open.has(lockName(id))).at(-1);
}

/** Show other tabs that this one is open. @param {string} id */
async function holdLock(id) {
  await navigator.locks?.request(lockName(id), () => new Promise(() => {})).catch(() => {});
}

/** @param {string} id */
function lockName(id) {
  return `digitpad.tab.${id}`;
}
