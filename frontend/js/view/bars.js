import { make } from "./elements.js";

/** Ten bars, one for each digit. Their labels are CSS content, so screen readers don't read them out with the result. */
export class Bars {
  #bars;

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#bars = Array.from({ length: 10 }, () => make("li"));
    list.append(...this.#bars);
    this.show(Array(10).fill(0));
  }

  /** @param {readonly number[]} probabilities the largest is highlighted, unless all are about the same */
  show(probabilities) {
    const most = Math.max(...probabilities);
    this.#bars.forEach((bar, digit) => {
      const probability = probabilities[digit];
      bar.dataset.digit = String(digit);
      bar.dataset.percent = probability < 0.01 ? "" : probability > 0.99 ? ">99" : `${Math.round(100 * probability)}`;
      bar.style.setProperty("--fraction", String(probability));
      bar.classList.toggle("best", probability > 0.2 && probability === most);
    });
  }
}
