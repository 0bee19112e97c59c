import { make } from "./elements.js";

/** Ten columns, one for each digit. Labels are drawn from attributes, so that they are no text of the answer. */
export class Bars {
  #bars;

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#bars = Array.from({ length: 10 }, () => make("li"));
    list.append(...this.#bars);
    this.show(Array(10).fill(0));
  }

  /** @param {readonly number[]} probabilities all 0: none is pointed out */
  show(probabilities) {
    const most = Math.max(...probabilities);
    this.#bars.forEach((bar, digit) => {
      const probability = probabilities[digit];
      bar.dataset.digit = String(digit);
      bar.dataset.percent = probability < 0.01 ? "" : probability > 0.99 ? ">99" : `${Math.round(100 * probability)}`;
      bar.style.setProperty("--part", String(probability));
      bar.classList.toggle("best", probability > 0 && probability === most);
    });
  }
}
