/**
 * What the operator sees of the annotators, on /label.
 *
 * @import {LabelPage} from "../selectors.js"
 * @import {Progress} from "../network/labeling.js"
 */
import { endInvitation, fetchProgress, invite } from "../network/labeling.js";
import { locale, text } from "../texts.js";
import { make } from "./elements.js";

const EVERY = 5000; // ms
const KAPPA = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** @param {LabelPage} page @param {(error: unknown) => void} fail */
export function showAnnotators(page, fail) {
  /** @param {() => Promise<unknown>} [change] */
  async function refresh(change) {
    try {
      await change?.();
      show(page, await fetchProgress());
    } catch (error) {
      fail(error);
    }
  }
  page.invite.addEventListener("click", () => refresh(invite));
  page.endInvitation.addEventListener("click", () => refresh(endInvitation));
  page.annotators.addEventListener("toggle", () => page.annotators.open && refresh());
  setInterval(() => page.annotators.open && !document.hidden && refresh(), EVERY);
  page.annotators.hidden = false;
  void refresh();
}

/** @param {LabelPage} page @param {Progress} progress */
function show(page, { code, agreed, once, disagreements, kappa, annotators }) {
  page.invitation.hidden = page.endInvitation.hidden = code === null;
  const link = new URL(`/label?code=${code}`, location.href).href;
  page.invitation.textContent = code === null ? "" : link;
  page.invitation.href = link;
  page.agreement.textContent =
    text("label.agreement", { agreed, once, disagreements }) +
    (kappa === null ? "" : ` ${text("label.kappa", { kappa: KAPPA.format(kappa) })}`);
  page.speeds.replaceChildren(
    ...annotators.map(({ id, labels, per_minute }) =>
      make("li", {}, text("label.annotator", { id, labels }) + (per_minute === null ? "" : `, ${text("label.speed", { n: Math.round(per_minute) })}`)),
    ),
  );
}
