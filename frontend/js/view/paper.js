import { curve, fit, SIZE } from "../model/geometry.js";
import { grayPNG, isGray } from "../model/png.js";

/**
 * @import {Drawing, Picture} from "../model/drawing.js"
 * @import {Stroke, Point} from "../model/geometry.js"
 */

const SVG = "http://www.w3.org/2000/svg";
const PAPER = "#fff";
const INK = "#000";

/**
 * The drawing, twice: on the 280 x 280 canvas, which takes the pointer and is what is sent, and over
 * it as SVG, which is sharp at every screen density and zoom.
 */
export class Paper {
  /** What was painted last, and how many points each stroke had. */
  #painted = {
    picture: /** @type {Picture | null} */ (null),
    erased: /** @type {readonly Stroke[]} */ ([]),
    strokes: /** @type {readonly Stroke[]} */ ([]),
    lengths: /** @type {number[]} */ ([]),
  };
  /** @type {Promise<string> | null} */
  #dataURL = null;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {SVGElement} ink
   * @param {Drawing} drawing
   */
  constructor(canvas, ink, drawing) {
    this.canvas = canvas;
    this.ink = ink;
    this.drawing = drawing;
    this.context = context(canvas);
    this.image = ink.appendChild(document.createElementNS(SVG, "image"));
    this.lines = ink.appendChild(document.createElementNS(SVG, "g"));
    this.tip = ink.appendChild(document.createElementNS(SVG, "circle"));
    this.tip.classList.add("tip");
    this.hideTip();
    this.#paint();
  }

  /**
   * Nothing is touched that is right already: after a key or a pen was lifted, Chromium holds every
   * answer back until the page was drawn anew, where that has to be done.
   */
  update() {
    const { strokes, picture, erased } = this.drawing;
    const lengths = strokes.map(({ points }) => points.length);
    const before = this.#painted;
    this.#painted = { picture, erased, strokes, lengths };
    const same =
      picture === before.picture &&
      erased === before.erased &&
      strokes.length === before.strokes.length &&
      strokes.every((stroke, i) => stroke === before.strokes[i] && lengths[i] === before.lengths[i]);
    if (!same) this.#paint();
  }

  #paint() {
    const { strokes, picture, erased } = this.drawing;
    const { context } = this;
    this.#dataURL = null;
    context.fillStyle = PAPER;
    context.fillRect(0, 0, SIZE, SIZE);
    this.image.toggleAttribute("hidden", !picture);
    if (picture) {
      const { x, y, width, height } = fit(picture.bitmap.width, picture.bitmap.height);
      context.drawImage(picture.bitmap, x, y, width, height);
      for (const [name, value] of Object.entries({ href: picture.url, x, y, width, height })) {
        this.image.setAttribute(name, String(value));
      }
    }
    this.lines.replaceChildren(
      ...erased.map((way) => this.#line(way, picture?.paper ?? PAPER)),
      ...strokes.map((stroke) => this.#line(stroke, INK)),
    );
  }

  /**
   * What is sent: a picture as it came if nothing was done to it, else the canvas.
   * @returns {Promise<string>} data URL; the same promise as long as the drawing looks the same
   */
  dataURL() {
    return (this.#dataURL ??= this.#encode());
  }

  async #encode() {
    const { strokes, picture, erased } = this.drawing;
    if (picture && strokes.length + erased.length === 0) return picture.url;
    const pixels = this.context.getImageData(0, 0, SIZE, SIZE);
    return isGray(pixels) ? grayPNG(pixels) : this.canvas.toDataURL("image/png");
  }

  /** Show where the pen or the eraser is and how wide. @param {Point} point @param {number} width @param {string} kind */
  showTip({ x, y }, width, kind) {
    for (const [name, value] of Object.entries({ cx: x, cy: y, r: width / 2, "data-kind": kind })) {
      this.tip.setAttribute(name, String(value));
    }
    this.tip.removeAttribute("hidden");
  }

  hideTip() {
    this.tip.setAttribute("hidden", "");
  }

  /** @param {Stroke} stroke @param {string} color */
  #line(stroke, color) {
    const data = curve(stroke.points);
    this.context.lineWidth = stroke.width;
    this.context.strokeStyle = color;
    this.context.stroke(new Path2D(data));
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", data);
    path.setAttribute("stroke", color);
    path.setAttribute("stroke-width", String(stroke.width));
    return path;
  }
}

/** @param {HTMLCanvasElement} canvas */
function context(canvas) {
  // Kept in the processor's memory, since it is read after every stroke.
  const context = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  if (!context) throw new Error("This browser gives no 2D canvas.");
  context.lineCap = context.lineJoin = "round";
  context.imageSmoothingQuality = "high";
  return context;
}
