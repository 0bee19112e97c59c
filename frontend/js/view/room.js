import { accuracyText, LABELS, labelText, withArticle } from "../model/text.js";
import { Failure } from "../network/client.js";
import { forgetMember, keptMember, roomInAddress, takePupilFromAddress } from "../network/members.js";
import { castVote, endsIn, fetchBallot, fetchMine, PUPIL_INTERVAL } from "../network/rooms.js";
import { text } from "../texts.js";
import { make } from "./elements.js";
import { loadStyles } from "./styles.js";

/**
 * @import {Drawing} from "../model/drawing.js"
 * @import {Member} from "../network/members.js"
 * @import {Mine} from "../network/rooms.js"
 * @import {DrawPage} from "../selectors.js"
 */

await loadStyles("room.css");

/** Codes of failures after which this browser is no longer in the room. */
const OUT = ["room_ended", "unknown_room", "removed", "wrong_room_token"];

/**
 * Show above the drawing page the room that is in its address: the task, the pupil's own accuracy, and votes.
 * @param {DrawPage} page
 * @param {Drawing} drawing
 */
export function enterRoom(page, drawing) {
  const code = roomInAddress() ?? "";
  const brought = takePupilFromAddress(code);
  const pupil = brought ?? keptMember("pupil", code);
  if (pupil === null) return location.replace(`/join?code=${encodeURIComponent(code)}`);
  const strip = new RoomStrip(page, drawing, pupil);
  if (brought) strip.warn();
  void strip.poll();
}

/** The strip above the page: what to draw, what the pupil has drawn, and the buttons to vote and to leave. */
class RoomStrip {
  #page;
  #pupil;
  /** @type {Mine | null} */
  #mine = null;
  #task = make("span", { className: "task", role: "status" });
  #own = make("span", { className: "mine" });
  #vote = make("button", { className: "quiet", hidden: true }, text("room.vote"));
  #leave = make("button", { className: "quiet" }, text("room.leave"));
  #strip = make("section", { className: "room-strip", ariaLabel: text("room.region") }, this.#task, this.#own, this.#vote, this.#leave);

  /** @param {DrawPage} page @param {Drawing} drawing @param {Member} pupil */
  constructor(page, drawing, pupil) {
    this.#page = page;
    this.#pupil = pupil;
    document.querySelector("main")?.before(this.#strip);
    this.#vote.addEventListener("click", () => void this.#openBallot());
    this.#leave.addEventListener("click", () => {
      forgetMember("pupil", pupil.code);
      location.assign("/");
    });
    drawing.listen(() => this.#chooseDigit());
  }

  /** Say that the pupil is known only as long as this page is open. */
  warn() {
    this.#strip.append(make("p", { className: "notice" }, text("room.not_kept")));
  }

  /** Ask the server for changes, until the room has ended. */
  async poll() {
    try {
      const mine = await fetchMine(this.#pupil, this.#mine?.cursor ?? null);
      if (mine) this.#show(mine);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (OUT.includes(error.code)) return this.#end(error);
      this.#task.textContent = text("room.kept", { problem: error.message });
      this.#mine = null; // so that everything is shown again
    }
    setTimeout(() => void this.poll(), PUPIL_INTERVAL);
  }

  /** @param {Mine} mine */
  #show(mine) {
    this.#mine = mine;
    const { nickname, task, paused, drawings, accuracy, ballot, ends, keep } = mine;
    this.#strip.toggleAttribute("data-paused", paused);
    const wanted = task ? taskText(task) : text("room.any");
    const sentence = paused ? text("room.paused") : wanted;
    if (this.#task.textContent !== sentence) this.#task.textContent = sentence;
    const drawn = text("room.mine", { nickname, drawings: text("drawings_count", { n: drawings }) });
    this.#own.textContent = accuracy.of ? `${drawn}, ${accuracyText(accuracy)}` : drawn;
    this.#own.title = text(keep ? "room.ends_kept" : "room.ends_deleted", { when: endsIn(ends) });
    this.#vote.hidden = !ballot;
    this.#page.predict.disabled = paused;
    this.#chooseDigit();
  }

  /** A drawing for a task is of its digit. */
  #chooseDigit() {
    const task = this.#mine?.task;
    if (task) this.#page.expected.value = task.digit;
  }

  /** @param {Failure} failure */
  #end(failure) {
    forgetMember("pupil", this.#pupil.code);
    this.#page.predict.disabled = false;
    this.#task.textContent = text("room.over", { problem: failure.message });
    this.#own.textContent = "";
    this.#vote.hidden = true;
    this.#leave.textContent = text("close");
  }

  async #openBallot() {
    try {
      const ballot = await fetchBallot(this.#pupil);
      const image = make("img", { src: ballot.seen, alt: text("room.ballot"), width: 224, height: 224 });
      const choices = LABELS.map((label) => make("button", { className: "quiet", value: label }, labelText(label)));
      const form = make("form", { method: "dialog" }, make("div", { className: "choices" }, ...choices), make("button", { className: "quiet", value: "" }, text("skip")));
      const dialog = make("dialog", { className: "ballot", ariaLabel: text("room.vote_short") }, make("h2", {}, text("room.ballot_title")), image, form);
      document.body.append(dialog);
      dialog.addEventListener("close", () => {
        dialog.remove();
        if (dialog.returnValue) void castVote(this.#pupil, ballot.id, dialog.returnValue).catch(ignore);
      });
      dialog.showModal();
    } catch (error) {
      ignore(error);
      this.#vote.hidden = true;
    }
  }
}

/** @param {{digit: string, reads: string | null, done: boolean}} task */
function taskText({ digit, reads, done }) {
  const values = { digit: withArticle(digit), reads: withArticle(reads ?? "") };
  const sentence = text(reads === null ? "room.task" : "room.task_reads", values);
  return done ? `${sentence} ${text("room.done")}` : sentence;
}

/** A vote that is lost does not matter. @param {unknown} error */
function ignore(error) {
  if (!(error instanceof Failure)) throw error;
}
