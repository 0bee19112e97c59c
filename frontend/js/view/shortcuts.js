/**
 * @import {DrawPage} from "../selectors.js"
 * @import {Drawing} from "../model/drawing.js"
 * @import {Tools} from "./tools.js"
 * @import {Correction} from "./correction.js"
 */

const REMEMBERED = "digitpad.single-keys";

/**
 * Keys for the whole page, as the help lists them. Those of a single key can be switched off, since
 * who speaks to a computer or slips on its keys sets them off unmeant (WCAG 2.1.4).
 * @param {DrawPage} page
 * @param {{drawing: Drawing, tools: Tools, correction: Correction, onPredict: () => void}} parts
 */
export function takeShortcuts(page, { drawing, tools, correction, onPredict }) {
  page.singleKeys.checked = localStorage.getItem(REMEMBERED) !== "off";
  page.singleKeys.addEventListener("change", () => {
    localStorage.setItem(REMEMBERED, page.singleKeys.checked ? "on" : "off");
  });
  page.help.addEventListener("click", () => page.shortcuts.showModal());

  /** @type {Record<string, () => void>} */
  const single = {
    c: () => drawing.clear(),
    p: () => (tools.erasing = false),
    e: () => (tools.erasing = true),
    "[": () => tools.widen(-1),
    "]": () => tools.widen(1),
    w: () => page.why.click(),
    "?": () => page.shortcuts.showModal(),
    ...Object.fromEntries([..."0123456789"].map((digit) => [digit, () => correction.choose(digit)])),
  };

  addEventListener("keydown", (event) => {
    if (page.shortcuts.open || isTyping(event.target)) return;
    const key = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey) {
      if (key === "z" && !event.shiftKey) drawing.undo();
      else if (key === "y" || key === "z") drawing.redo();
      else return;
    } else if (key === "enter" && !(event.target instanceof HTMLButtonElement || event.target instanceof HTMLAnchorElement)) {
      onPredict();
    } else if (key in single && page.singleKeys.checked && !event.altKey) {
      single[key]();
    } else {
      return;
    }
    event.preventDefault();
  });
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof HTMLSelectElement || (target instanceof HTMLInputElement && target.type !== "range");
}
