/** Every element that the scripts touch: its selector and its class, by page. */

export const DRAW = /** @type {const} */ ({
  canvas: ["#canvas", HTMLCanvasElement],
  ink: ["#ink", SVGElement],
  paper: ["#paper", HTMLElement],
  hint: ["#hint", HTMLElement],
  spoken: ["#spoken", HTMLElement],
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
  kept: ["#kept", HTMLElement],
  saw: ["#saw", HTMLElement],
  seen: ["#seen", HTMLImageElement],
  bars: ["#bars", HTMLElement],
  numbers: ["#numbers", HTMLTableElement],
  asNumbers: ["#as-numbers", HTMLButtonElement],
  notice: ["#notice", HTMLElement],
  why: ["#why", HTMLButtonElement],
  explanation: ["#explanation", HTMLElement],
  correction: ["#correction", HTMLFieldSetElement],
  labels: ["#labels", HTMLElement],
  corrected: ["#corrected", HTMLElement],
  keeping: ["#keeping", HTMLElement],
  shortcuts: ["#shortcuts", HTMLDialogElement],
  singleKeys: ["#single-keys", HTMLInputElement],
});

export const RECORDER = /** @type {const} */ ({
  filters: ["#filters", HTMLFormElement],
  exports: ["#exports", HTMLElement],
  notice: ["#notice", HTMLElement],
  keeping: ["#keeping", HTMLElement],
  records: ["#records", HTMLTableElement],
  none: ["#none", HTMLElement],
  further: ["#further", HTMLElement],
  newer: ["#newer", HTMLButtonElement],
  older: ["#older", HTMLButtonElement],
  days: ["#days", HTMLElement],
  daysTable: ["#days-table", HTMLTableElement],
  confusion: ["#confusion", HTMLElement],
  confusionTable: ["#confusion-table", HTMLTableElement],
  record: ["#record", HTMLDialogElement],
  recordPicture: ["#record-picture", HTMLImageElement],
  recordFacts: ["#record-facts", HTMLElement],
  recordSaid: ["#record-said", HTMLElement],
  recordLabel: ["#record-label", HTMLSelectElement],
  recordOpen: ["#record-open", HTMLAnchorElement],
  recordDelete: ["#record-delete", HTMLButtonElement],
  sure: ["#sure", HTMLDialogElement],
});

/**
 * @template {Record<string, readonly [string, abstract new () => Element]>} T
 * @param {T} table
 * @returns {{[Name in keyof T]: InstanceType<T[Name][1]>}}
 */
export function find(table) {
  const found = Object.entries(table).map(([name, [selector, kind]]) => {
    const element = document.querySelector(selector);
    if (!(element instanceof kind)) throw new Error(`The page lacks ${selector}.`);
    return [name, element];
  });
  return Object.fromEntries(found);
}

/** @typedef {ReturnType<typeof find<typeof DRAW>>} DrawPage */
/** @typedef {ReturnType<typeof find<typeof RECORDER>>} RecorderPage */
