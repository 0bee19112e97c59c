import { curve, fit, SIZE } from "../model/geometry.js";

/**
 * @import {Drawing} from "../model/drawing.js"
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
    this.paint();
  }

  paint() {
    const { strokes, picture } = this.drawing;
    const { context } = this;
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
    this.lines.replaceChildren(...strokes.map((stroke) => this.#line(stroke)));
  }

  /** What is sent: a picture as it came if nothing was drawn on it, else the canvas. @returns {string} data URL */
  toDataURL() {
    const { strokes, picture } = this.drawing;
    return picture && strokes.length === 0 ? picture.url : this.canvas.toDataURL("image/png");
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

  /** @param {Stroke} stroke */
  #line(stroke) {
    const data = curve(stroke.points);
    this.context.lineWidth = stroke.width;
    this.context.stroke(new Path2D(data));
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", data);
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
  context.strokeStyle = INK;
  context.imageSmoothingQuality = "high";
  return context;
}
