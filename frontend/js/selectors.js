/** The elements that the scripts use, by page: selector and class of each. */

export const DRAW = /** @type {const} */ ({
  canvas: ["#canvas", HTMLCanvasElement],
  ink: ["#ink", SVGElement],
  paper: ["#paper", HTMLElement],
  hint: ["#hint", HTMLElement],
  announcement: ["#announcement", HTMLElement],
  undo: ["#undo", HTMLButtonElement],
  redo: ["#redo", HTMLButtonElement],
  pen: ["#pen", HTMLButtonElement],
  eraser: ["#eraser", HTMLButtonElement],
  width: ["#width", HTMLInputElement],
  choose: ["#choose", HTMLButtonElement],
  file: ["#file", HTMLInputElement],
  help: ["#help", HTMLButtonElement],
  predict: ["#predict", HTMLButtonElement],
  clear: ["#clear", HTMLButtonElement],
  expected: ["#expected", HTMLSelectElement],
  fingers: ["#fingers", HTMLButtonElement],
  result: ["#result", HTMLElement],
  headline: ["#headline", HTMLElement],
  sentence: ["#sentence", HTMLElement],
  recorded: ["#recorded", HTMLElement],
  seen: ["#seen", HTMLElement],
  seenImage: ["#seen-image", HTMLImageElement],
  bars: ["#bars", HTMLElement],
  numbers: ["#numbers", HTMLTableElement],
  asNumbers: ["#as-numbers", HTMLButtonElement],
  notice: ["#notice", HTMLElement],
  showExplanation: ["#show-explanation", HTMLButtonElement],
  explanation: ["#explanation", HTMLElement],
  correction: ["#correction", HTMLFieldSetElement],
  labels: ["#labels", HTMLElement],
  corrected: ["#corrected", HTMLElement],
  deleteRecord: ["#delete-record", HTMLButtonElement],
  privacy: ["#privacy", HTMLElement],
  shortcuts: ["#shortcuts", HTMLDialogElement],
  version: ["#version", HTMLElement],
  singleKeys: ["#single-keys", HTMLInputElement],
});

export const RECORDER = /** @type {const} */ ({
  signIn: ["#sign-in", HTMLFormElement],
  token: ["#token", HTMLInputElement],
  signInError: ["#sign-in-error", HTMLElement],
  signOut: ["#sign-out", HTMLButtonElement],
  filters: ["#filters", HTMLFormElement],
  columns: ["#columns", HTMLElement],
  exports: ["#exports", HTMLElement],
  notice: ["#notice", HTMLElement],
  privacy: ["#privacy", HTMLElement],
  records: ["#records", HTMLTableElement],
  noRecords: ["#no-records", HTMLElement],
  noMatchYet: ["#no-match-yet", HTMLElement],
  newer: ["#newer", HTMLButtonElement],
  older: ["#older", HTMLButtonElement],
  days: ["#days", HTMLElement],
  daysTable: ["#days-table", HTMLTableElement],
  confusion: ["#confusion", HTMLElement],
  confusionTable: ["#confusion-table", HTMLTableElement],
  record: ["#record", HTMLDialogElement],
  recordPicture: ["#record-picture", HTMLImageElement],
  recordNoPicture: ["#record-no-picture", HTMLElement],
  recordFacts: ["#record-facts", HTMLElement],
  recordError: ["#record-error", HTMLElement],
  recordCorrection: ["#record-correction", HTMLLabelElement],
  recordLabel: ["#record-label", HTMLSelectElement],
  recordOpen: ["#record-open", HTMLAnchorElement],
  recordDelete: ["#record-delete", HTMLButtonElement],
  confirmDelete: ["#confirm-delete", HTMLDialogElement],
});

/**
 * @template {Record<string, readonly [string, abstract new () => Element]>} T
 * @param {T} table DRAW or RECORDER
 * @returns {{[Name in keyof T]: InstanceType<T[Name][1]>}}
 */
export function find(table) {
  const found = Object.entries(table).map(([name, [selector, kind]]) => {
    const element = document.querySelector(selector);
    if (!(element instanceof kind)) throw new Error(`The page has no ${selector}.`);
    return [name, element];
  });
  return Object.fromEntries(found);
}

/** @typedef {ReturnType<typeof find<typeof DRAW>>} DrawPage */
/** @typedef {ReturnType<typeof find<typeof RECORDER>>} RecorderPage */
