import { accuracyText, labelText, percent, withArticle } from "../model/text.js";
import { votesText } from "../model/wall.js";
import { endsIn } from "../network/rooms.js";
import { text } from "../texts.js";

/**
 * @import {Task, Wall, WallDrawing} from "../network/rooms.js"
 * @import {WallPage} from "../selectors.js"
 */

/** @param {WallPage} page @param {Wall} wall @param {number} drawings how many are on the wall */
export function showFacts(page, { pupils, accuracy, task, paused, ends, keep }, drawings) {
  const facts = text("wall.facts", {
    pupils: text("wall.pupils_count", { n: pupils.length }),
    drawings: text("drawings_count", { n: drawings }),
    when: endsIn(ends),
  });
  page.facts.textContent = keep ? `${facts} · ${text("wall.drawings_kept")}` : facts;
  page.accuracy.textContent = accuracy.of ? accuracyText(accuracy) : "";
  const set = task ? `${taskText(task)} ${text("wall.done", { done: task.done, of: pupils.length })}` : "";
  const sentence = paused ? text("wall.paused") : set;
  if (page.task.textContent !== sentence) page.task.textContent = sentence; // screen readers announce it
  page.pause.ariaPressed = String(paused);
  page.pause.textContent = text(paused ? "wall.go_on" : "wall.pause");
  page.taskEnd.hidden = task === null;
}

/** @param {Task} task */
function taskText({ digit, reads }) {
  if (reads === null) return text("wall.task", { digit: withArticle(digit) });
  return text("wall.task_reads", { digit: withArticle(digit), reads: withArticle(reads) });
}

/**
 * Says who drew it, what the pupil meant, how sure the network is, and how the class voted.
 * @param {WallDrawing} drawing
 * @param {Wall} wall
 * @returns {string}
 */
export function describeDrawing({ pupil, meant, confidence, sure, votes }, { pupils }) {
  const nickname = pupils.find(({ id }) => id === pupil)?.nickname;
  return [
    nickname && text("wall.by", { nickname }),
    meant !== null && text("wall.meant", { label: labelText(meant) }),
    text(sure ? "wall.network" : "wall.network_unsure", { share: percent(confidence) }),
    Object.keys(votes).length > 0 && text("wall.class", { votes: votesText(votes) }),
  ]
    .filter(Boolean)
    .join(" ");
}
