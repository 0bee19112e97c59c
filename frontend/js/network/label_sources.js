import { mostUncertainFirst } from "../model/labeling.js";
import { text } from "../texts.js";
import { decide, fetchBatch, fetchDoubts, sendLabel } from "./labeling.js";
import { correctRecord, listUnlabeled } from "./records.js";

/**
 * Where drawings come from and labels go.
 *
 * @import {Labeling, ToLabel} from "../model/labeling.js"
 * @typedef {{
 *   load: (before: string | null) => Promise<{records: ToLabel[], next: string | null}>,
 *   save: (id: string, label: string | null) => Promise<unknown>,
 *   none: string,
 *   endless?: true,
 * }} Source none: what to say when no drawing is left. endless: others may still come
 */

/** All that nobody has labeled. The operator's labels count at once. @type {Source} */
export const OPERATOR = {
  async load(before) {
    const { records, next } = await listUnlabeled(before);
    return { records: mostUncertainFirst(records), next };
  },
  save: correctRecord,
  none: text("label.none_left"),
};

/** Where annotators disagree, and likely errors. @type {Source} */
export const DOUBTS = {
  load: async () => ({ records: await fetchDoubts(), next: null }),
  save: async (id, label) => label !== null && decide(id, label), // Undo goes back to decide again
  none: text("label.no_doubts"),
};

/**
 * What an annotator gets.
 * @param {string} token
 * @param {Labeling} labeling whose skipped drawings do not come again
 * @returns {Source}
 */
export function annotator(token, labeling) {
  /** @type {Set<string>} */
  const known = new Set();
  return {
    async load() {
      const batch = await fetchBatch(token, labeling.skipped);
      const records = batch.filter(({ id }) => !known.has(id));
      for (const { id } of records) known.add(id);
      return { records, next: null };
    },
    save: (id, label) => sendLabel(token, id, label),
    none: text("label.nothing_now"),
    endless: true,
  };
}
