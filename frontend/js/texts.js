/**
 * What the pages say, in the reader's language: start.js chooses it and begins to load its file in frontend/texts/.
 * docs/languages.md describes these files. The English one has only the texts of scripts; the others are in the pages.
 *
 * @typedef {keyof typeof import("../texts/en.json")} Key
 * @typedef {Record<string, string | number>} Values by the names in the braces of a text
 */
import { writeText } from "./storage/texts.js";

/** By key; one with a count has a form for each plural category. @type {Record<string, string | Record<string, string>>} */
const texts = await Reflect.get(window, "digitpadTexts");

const language = document.documentElement.lang;

/** For dates and numbers: the language, with the reader's region if the browser names one, such as "en-GB". */
export const locale = navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;

const NUMBER = new Intl.NumberFormat(locale);
const PLURAL = new Intl.PluralRules(locale);

/** @param {Key} key @param {Values} [values] numbers are formatted; `n` chooses the plural @returns {string} */
export function text(key, values = {}) {
  return textOf(key, values);
}

/** @param {string} key @param {Values} [values] */
function textOf(key, values = {}) {
  const found = texts[key];
  const form = typeof found === "string" ? found : (found[PLURAL.select(Number(values.n))] ?? found.other);
  return form.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === "number" ? formatNumber(value) : value;
  });
}

/** @param {string} code of problem details @returns {string | null} null: the server's own, English text shall be shown */
export function errorText(code) {
  const found = texts[`error.${code}`];
  return typeof found === "string" ? found : null;
}

/** @param {number} value @returns {string} such as "1,234" */
export function formatNumber(value) {
  return NUMBER.format(value);
}

const ATTRIBUTES = ["title", "alt", "aria-label", "aria-roledescription"];

/**
 * Replace the English texts of elements with `data-text="KEY"`, and of attributes with `data-text-NAME="KEY"`; does nothing
 * in English.
 * @param {ParentNode} root
 */
export function translate(root) {
  if (language === "en") return;
  for (const element of root.querySelectorAll("[data-text]")) fill(element, textOf(element.getAttribute("data-text") ?? ""));
  for (const name of ATTRIBUTES) {
    for (const element of root.querySelectorAll(`[data-text-${name}]`)) {
      element.setAttribute(name, textOf(element.getAttribute(`data-text-${name}`) ?? ""));
    }
  }
}

/**
 * Give an element a text. A tag in it stands for the next such element inside; an empty tag keeps what is in that.
 * @param {Element} element
 * @param {string} content
 */
export function fill(element, content) {
  const inside = [...element.children];
  const parts = content.split(/(<\w+>[^<]*<\/\w+>)/).filter(Boolean);
  const nodes = parts.map((part) => {
    const tag = /^<(\w+)>([^<]*)/.exec(part);
    const child = tag && inside.find(({ localName }) => localName === tag[1]);
    if (!child) return part;
    inside.splice(inside.indexOf(child), 1);
    if (tag[2]) child.textContent = tag[2];
    return child;
  });
  element.replaceChildren(...nodes);
}

translate(document);
delete document.documentElement.dataset.translating;

const choice = document.querySelector("#language");
if (choice instanceof HTMLSelectElement) {
  choice.value = language;
  choice.addEventListener("change", () => {
    writeText("localStorage", "digitpad.language", choice.value);
    location.reload();
  });
}
