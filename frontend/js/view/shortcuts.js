import { serverVersion } from "../network/health.js";
import { readText, writeText } from "../storage/texts.js";

/**
 * @import {DrawPage} from "../selectors.js"
 * @import {Drawing} from "../model/drawing.js"
 * @import {Tools} from "./tools.js"
 */

const STORAGE_KEY = "digitpad.single-keys";

/**
 * Set up the help dialog and the keyboard shortcuts that it lists. Single-key shortcuts can be turned
 * off, since speech input and slips on the keyboard trigger them by accident (WCAG 2.1.4).
 * @param {DrawPage} page
 * @param {{drawing: Drawing, tools: Tools, onLabel: (label: string) => void, onPredict: () => void}} parts
 */
export function setUpShortcuts(page, { drawing, tools, onLabel, onPredict }) {
  page.singleKeys.checked = readText("localStorage", STORAGE_KEY) !== "off";
  page.singleKeys.addEventListener("change", () => {
    writeText("localStorage", STORAGE_KEY, page.singleKeys.checked ? "on" : "off");
  });
  page.help.addEventListener("click", () => void showHelp());

  async function showHelp() {
    page.shortcuts.showModal();
    const version = await serverVersion();
    page.version.textContent = version && `Digitpad ${version}`;
  }

  /** @type {Record<string, () => void>} */
  const single = {
    c: () => drawing.clear(),
    p: () => (tools.erasing = false),
    e: () => (tools.erasing = true),
    "[": () => tools.widen(-1),
    "]": () => tools.widen(1),
    n: () => page.wide.click(),
    w: () => page.showExplanation.click(),
    "?": () => void showHelp(),
    ...Object.fromEntries([..."0123456789"].map((digit) => [digit, () => onLabel(digit)])),
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
