// The teacher's wall (/wall): opens a room, shows it on a projector, leads it.

import { labelText } from "../model/text.js";
import { WallState } from "../model/wall.js";
import { Failure } from "../network/client.js";
import { forgetMember, keepMember, keptMember, roomInAddress } from "../network/members.js";
import * as rooms from "../network/rooms.js";
import { fetchSession } from "../network/session.js";
import { find, WALL } from "../selectors.js";
import { readText, writeText } from "../storage/texts.js";
import { fill, locale, text } from "../texts.js";
import { make } from "../view/elements.js";
import { showMatrix } from "../view/matrix.js";
import { Tiles } from "../view/tiles.js";
import { describeDrawing, showFacts } from "../view/wall_facts.js";

/**
 * @import {Member} from "../network/members.js"
 * @import {Wall, WallDrawing} from "../network/rooms.js"
 * @import {Cell} from "../model/wall.js"
 * @import {Learning} from "../view/learning.js"
 * @typedef {"newest" | "hardest" | "unusual" | "voted" | "hidden" | "pupils" | Cell} View a Cell: the drawings in that cell of the matrix
 */

const HOURS = new Intl.NumberFormat(locale, { style: "unit", unit: "hour", unitDisplay: "long" });
/** The last room that was opened in this browser. */
const LAST = "digitpad.room.last";

/** Names of this computer by which no other one can reach it. */
const LOOPBACK = /^(localhost|127\..*|\[::1\])$/;

const page = find(WALL);
const state = new WallState();
/** @type {View} */
let view = "newest";
/** Ids, most unusual first. @type {string[]} */
let unusual = [];
/** The id of the drawing in the dialog. */
let opened = "";

document.documentElement.dataset.ready = ""; // see start.js
const code = roomInAddress();
const kept = code === null ? null : keptMember("teacher", code);
if (kept) await lead(kept);
else await offer();

/** Offer to open a room. */
async function offer() {
  for (const option of page.hours.options) option.textContent = HOURS.format(Number(option.value));
  const last = readText("localStorage", LAST);
  if (last && keptMember("teacher", last)) {
    page.kept.append(make("a", { href: `/wall?room=${last}` }));
    fill(page.kept, text("wall.kept", { code: last }));
  }
  await attempt(async () => {
    const { may } = await fetchSession();
    if (code !== null && may.includes("lead_room")) return lead({ code, token: "" });
    if (code !== null) page.notice.textContent = text("wall.not_here", { code });
    page.open.hidden = false;
    page.openForm.hidden = !may.includes("open_room");
    page.signInFirst.hidden = !page.openForm.hidden;
  });
  page.openForm.addEventListener("submit", (event) => {
    event.preventDefault();
    void attempt(async () => {
      const teacher = await rooms.openRoom({ hours: Number(page.hours.value), keep: page.keep.checked });
      keepMember("teacher", teacher);
      writeText("localStorage", LAST, teacher.code);
      history.replaceState(null, "", `/wall?room=${teacher.code}`);
      page.open.hidden = true;
      await lead(teacher);
    });
  });
}

/** Show a room until it ends. @param {Member} teacher */
async function lead(teacher) {
  const tiles = new Tiles(page.tiles, teacher, open);
  page.code.textContent = teacher.code;
  page.address.textContent = `${location.host}/join`;
  page.loopback.hidden = !LOOPBACK.test(location.hostname);
  page.qrCode.src = `/rooms/${teacher.code}/qr.svg`;
  page.room.hidden = false;
  /** Loaded when it is first used. @type {Learning | undefined} */
  let learning;
  setUpControls();
  await poll();

  async function poll() {
    try {
      const wall = await rooms.fetchWall(teacher, state.newest?.cursor ?? null);
      page.notice.textContent = "";
      if (wall) {
        state.update(wall);
        render();
      }
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      page.notice.textContent = error.message;
      if (["room_ended", "unknown_room", "wrong_room_token"].includes(error.code)) return leave();
    }
    setTimeout(poll, rooms.WALL_INTERVAL);
  }

  function leave() {
    forgetMember("teacher", teacher.code);
    page.room.hidden = true;
    page.notice.append(" ", make("a", { href: "/wall" }, text("wall.another")));
  }

  function render() {
    const wall = /** @type {Wall} */ (state.newest);
    showFacts(page, wall, state.shown.length);
    showMatrix(page.matrix, wall.confusion, (cell) => show(cell));
    showView();
  }

  function showView() {
    const wall = /** @type {Wall} */ (state.newest);
    const drawings = chosen();
    page.heading.textContent = heading();
    page.pupils.hidden = view !== "pupils";
    page.tiles.hidden = view === "pupils";
    page.empty.hidden = view === "pupils" ? wall.pupils.length > 0 : drawings.length > 0;
    page.empty.textContent = text(view === "pupils" ? "wall.nobody" : "wall.none");
    tiles.show(drawings);
    showPupils(teacher, wall);
    for (const button of page.views.querySelectorAll("button")) button.ariaPressed = String(button.value === view);
  }

  /** @param {View} wanted */
  function show(wanted) {
    view = wanted;
    showView();
    page.heading.scrollIntoView({ block: "nearest" });
  }

  /** @param {string} id */
  function open(id) {
    const drawing = state.get(id);
    if (!drawing) return;
    opened = id;
    void tiles.image(id).then((url) => opened === id && (page.drawingImage.src = url));
    page.drawingTitle.textContent = text("read_as", { label: labelText(drawing.read) });
    page.drawingFacts.textContent = describeDrawing(drawing, /** @type {Wall} */ (state.newest));
    page.hide.textContent = text(drawing.hidden ? "wall.show" : "wall.hide");
    page.drawing.showModal();
  }

  function setUpControls() {
    page.views.addEventListener("click", ({ target }) => {
      if (!(target instanceof HTMLButtonElement)) return;
      show(/** @type {View} */ (target.value));
      if (view === "unusual") {
        void attempt(async () => {
          unusual = await rooms.fetchUnusual(teacher);
          if (view === "unusual") showView();
        });
      }
    });
    page.taskForm.addEventListener("submit", (event) => {
      event.preventDefault();
      const [digit, reads] = [page.taskDigit.value, page.taskReads.value];
      void attempt(() => rooms.changeRoom(teacher, { task: { digit, reads: reads && reads !== digit ? reads : null } }));
    });
    page.taskEnd.addEventListener("click", () => void attempt(() => rooms.changeRoom(teacher, { task: null })));
    page.pause.addEventListener("click", () =>
      void attempt(() => rooms.changeRoom(teacher, { paused: !state.newest?.paused })),
    );
    page.exports.addEventListener("click", ({ target }) => {
      if (target instanceof HTMLButtonElement) void attempt(() => download(teacher, target.value));
    });
    page.learn.addEventListener("click", async () => {
      learning ??= new (await import("../view/learning.js")).Learning(page, tiles);
      await learning.start(state.shown);
    });
    page.print.addEventListener("click", () => print());
    page.hide.addEventListener("click", () => {
      page.drawing.close();
      void attempt(() => rooms.hideDrawing(teacher, opened, !state.get(opened)?.hidden));
    });
    page.end.addEventListener("click", () => {
      const question = text(state.newest?.keep ? "wall.end_kept" : "wall.end_deleted", { code: teacher.code });
      confirm(question, () => rooms.endRoom(teacher));
    });
  }
}

/** @returns {WallDrawing[]} those of the view */
function chosen() {
  switch (view) {
    case "newest":
      return state.newestFirst();
    case "hardest":
      return state.hardest();
    case "unusual":
      return state.those(unusual);
    case "voted":
      return state.voted();
    case "hidden":
      return state.hidden();
    case "pupils":
      return [];
    default:
      return state.inCell(view);
  }
}

function heading() {
  if (typeof view === "string") return text(`wall.${view}.heading`);
  return text("wall.meant_read", { meant: labelText(view.meant), read: labelText(view.read) });
}

/** @param {Member} teacher @param {Wall} wall */
function showPupils(teacher, { pupils }) {
  page.pupils.replaceChildren(
    ...pupils.map(({ id, nickname, drawings }) => {
      const remove = make("button", { className: "quiet alarm" }, text("wall.remove"));
      remove.ariaLabel = text("wall.remove_name", { nickname });
      remove.addEventListener("click", () =>
        confirm(text("wall.remove_question", { nickname }), () => rooms.removePupil(teacher, id)),
      );
      return make("li", {}, make("span", {}, `${nickname} (${drawings})`), remove);
    }),
  );
}

/** @param {Member} teacher @param {string} format */
async function download(teacher, format) {
  const url = URL.createObjectURL(await rooms.fetchExport(teacher, format));
  const suffix = format === "idx" ? "idx.zip" : format;
  make("a", { href: url, download: `room-${teacher.code}.${suffix}` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** @param {string} question @param {() => Promise<void>} action */
function confirm(question, action) {
  page.confirmText.textContent = question;
  page.confirm.returnValue = "";
  page.confirm.onclose = () => {
    if (page.confirm.returnValue === "yes") void attempt(action);
  };
  page.confirm.showModal();
}

/** @param {() => Promise<void>} action */
async function attempt(action) {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    page.notice.textContent = error.message;
  }
}
