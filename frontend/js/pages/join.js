// The page on which pupils join a room (/join).

import { Failure } from "../network/client.js";
import { drawingAddress, keepMember, keptMember } from "../network/members.js";
import { retry } from "../network/retry.js";
import { endsIn, findRoom, joinRoom } from "../network/rooms.js";
import { find, JOIN } from "../selectors.js";
import { text } from "../texts.js";

const page = find(JOIN);
/** The room that was found. */
let code = "";

page.findRoom.addEventListener("submit", (event) => {
  event.preventDefault();
  void attempt(show);
});
page.join.addEventListener("submit", (event) => {
  event.preventDefault();
  void attempt(join);
});

/** Show what a pupil should know before joining. */
async function show() {
  const room = await findRoom(page.code.value.replaceAll(/\s/g, ""));
  code = room.code;
  const pupil = keptMember("pupil", code);
  if (pupil) return location.replace(drawingAddress(pupil, true)); // after the tab was closed, or the link was opened again
  const afterwards = text(room.keep ? "join.kept" : "join.deleted");
  page.roomFacts.textContent = `${text("join.room", { code, when: endsIn(room.ends) })} ${afterwards}`;
  page.findRoom.hidden = true;
  page.join.hidden = false;
  page.nickname.focus();
}

async function join() {
  const nickname = page.nickname.value.trim() || suggestion();
  const pupil = await retry(
    () => joinRoom(code, nickname),
    (failure) => (page.notice.textContent = text("trying_again", { problem: failure.message })),
  );
  location.replace(drawingAddress(pupil, keepMember("pupil", pupil)));
}

/** @returns {string} an animal; the server adds a number if somebody else has it */
function suggestion() {
  const names = text("join.nicknames").split(" ");
  return names[Math.floor(Math.random() * names.length)];
}

/** @param {() => Promise<void>} action */
async function attempt(action) {
  page.notice.textContent = "";
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    page.notice.textContent = error.message;
  }
}

document.documentElement.dataset.ready = ""; // see start.js
const given = new URLSearchParams(location.search).get("code");
if (given) {
  page.code.value = given;
  await attempt(show);
}
