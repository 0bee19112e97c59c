import { curve, fit, SIZE } from "../model/geometry.js";
import { canEncodeGray, grayPNG } from "../model/png.js";

/**
 * @import {Drawing, Picture} from "../model/drawing.js"
 * @import {Stroke, Point} from "../model/geometry.js"
 */

const SVG = "http://www.w3.org/2000/svg";
const BACKGROUND = "#fff";
const INK = "#000";

/**
 * Paints the drawing twice: on the 280 x 280 canvas, which receives pointer events and is sent to the
 * server, and above it as SVG, which is sharp at every screen density and zoom.
 */
export class Paper {
  /** What was painted last; lengths: the number of points of each stroke. */
  #painted = {
    picture: /** @type {Picture | null} */ (null),
    eraserPaths: /** @type {readonly Stroke[]} */ ([]),
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

  /** Repaint, only on change: after pointerup, Chromium delays responses until the next frame is painted. */
  update() {
    const { strokes, picture, eraserPaths } = this.drawing;
    const lengths = strokes.map(({ points }) => points.length);
    const before = this.#painted;
    this.#painted = { picture, eraserPaths, strokes, lengths };
    const same =
      picture === before.picture &&
      eraserPaths === before.eraserPaths &&
      strokes.length === before.strokes.length &&
      strokes.every((stroke, i) => stroke === before.strokes[i] && lengths[i] === before.lengths[i]);
    if (!same) this.#paint();
  }

  #paint() {
    const { strokes, picture, eraserPaths } = this.drawing;
    const { context } = this;
    this.#dataURL = null;
    context.fillStyle = BACKGROUND;
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
      ...eraserPaths.map((path) => this.#line(path, picture?.borderColor ?? BACKGROUND)),
      ...strokes.map((stroke) => this.#line(stroke, INK)),
    );
  }

  /**
   * The drawing as it is sent: an unchanged picture as it is, everything else as a PNG of the canvas.
   * @returns {Promise<string>} data URL; the same promise until the drawing changes
   */
  dataURL() {
    return (this.#dataURL ??= this.#encode());
  }

  async #encode() {
    const { strokes, picture, eraserPaths } = this.drawing;
    if (picture && strokes.length + eraserPaths.length === 0) return picture.url;
    const pixels = this.context.getImageData(0, 0, SIZE, SIZE);
    return canEncodeGray(pixels) ? grayPNG(pixels) : this.canvas.toDataURL("image/png");
  }

  /** Show the position and width of the pen or the eraser. @param {Point} point @param {number} width @param {string} kind */
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
  // Keep the canvas in main memory, since it is read after every stroke.
  const context = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  if (!context) throw new Error("This browser has no 2D canvas.");
  context.lineCap = context.lineJoin = "round";
  context.imageSmoothingQuality = "high";
  return context;
}
