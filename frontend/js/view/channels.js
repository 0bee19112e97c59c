import { heat, strengths } from "../model/explanation.js";
import { text } from "../texts.js";
import { make } from "./elements.js";

/**
 * @import {LayerShape} from "../model/explanation.js"
 */

/** The channels of one layer as pictures, of which one can be opened. */
export class Channels {
  #onChange;
  #grid = make("div", { className: "maps" });
  #silent = make("p", { className: "silent" });
  #large = make("canvas", { className: "large", role: "img" });
  #caption = make("p", { ariaLive: "polite" });
  #opened;
  #root;
  /** @type {HTMLButtonElement[]} */
  #tiles = [];
  /** The channel that is open, if any. @type {number | null} */
  open = null;

  /** @param {() => void} onChange called when a channel is opened or closed */
  constructor(onChange) {
    this.#onChange = onChange;
    const back = make("button", { className: "quiet" }, text("explanation.all_channels"));
    back.addEventListener("click", () => this.#choose(null));
    this.#opened = make("div", { className: "opened" }, this.#large, make("div", {}, this.#caption, back));
    this.#root = make("div", { className: "channels" }, this.#opened, this.#grid, this.#silent);
  }

  /**
   * @param {Float32Array} values of the layer, [channel][y][x]
   * @param {LayerShape} shape
   * @param {boolean} moving whether a stroke is unfinished; until it ends, no channel disappears
   * @returns {HTMLElement} always the same, so that the pictures change in place
   */
  show(values, shape, moving) {
    const { side, channels } = shape;
    if (this.#tiles.length !== channels) this.#makeTiles(channels);
    const strongest = strengths(values, shape);
    for (const [c, tile] of this.#tiles.entries()) {
      const silent = strongest[c] === 0;
      tile.hidden = silent && c !== this.open && (tile.hidden || !moving);
      tile.ariaPressed = String(c === this.open);
      if (!tile.hidden) paint(tile.querySelector("canvas"), values, c, side, strongest[c]);
    }
    const hidden = this.#tiles.filter((tile) => tile.hidden).length;
    this.#silent.textContent = hidden > 0 ? text("explanation.silent", { n: hidden, channels }) : "";
    this.#opened.hidden = this.open === null;
    if (this.open !== null) {
      paint(this.#large, values, this.open, side, strongest[this.open]);
      this.#large.ariaLabel = text("explanation.computes", { n: this.open + 1 });
    }
    return this.#root;
  }

  /** @param {boolean} shown whether the ink on the paper is colored for the open channel */
  traced(shown) {
    this.#caption.textContent = text(shown ? "explanation.traced" : "explanation.untraced", { n: Number(this.open) + 1 });
  }

  close() {
    this.open = null;
  }

  /** @param {number} count */
  #makeTiles(count) {
    this.#tiles = Array.from({ length: count }, (_, c) => {
      const tile = make("button", { className: "tile", ariaLabel: text("explanation.channel", { n: c + 1 }) }, make("canvas"));
      tile.addEventListener("click", () => this.#choose(c === this.open ? null : c));
      return tile;
    });
    this.#grid.replaceChildren(...this.#tiles);
  }

  /** @param {number | null} channel */
  #choose(channel) {
    const before = this.open;
    this.open = channel;
    this.#caption.textContent = channel === null ? "" : `${text("explanation.channel", { n: channel + 1 })} …`;
    this.#onChange();
    if (channel === null) this.#tiles[Number(before)]?.focus();
  }
}

/**
 * @param {HTMLCanvasElement | null} canvas
 * @param {Float32Array} values [channel][y][x] @param {number} channel @param {number} side @param {number} strongest
 */
function paint(canvas, values, channel, side, strongest) {
  if (!canvas) return;
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const size = side * side;
  const pixels = heat(values.subarray(channel * size, (channel + 1) * size), strongest);
  canvas.getContext("2d")?.putImageData(new ImageData(pixels, side, side), 0, 0);
}
