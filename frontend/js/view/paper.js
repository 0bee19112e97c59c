import { curve, fit, SIZE } from "../model/geometry.js";
import { CAN_ENCODE, grayPNG } from "../model/png.js";
import { rasterize } from "../reading/rasterize.js";

/**
 * @import {Drawing, Picture} from "../model/drawing.js"
 * @import {Stroke, Point, Rectangle} from "../model/geometry.js"
 * @typedef {{data: string, color: string, width: number}} Line data: of an SVG path
 * @import {Input as LocalInput} from "../reading/read.js"
 */

const SVG = "http://www.w3.org/2000/svg";
const BACKGROUND = "#fff";
const INK = "#000";

/** Of what is cut out of a picture, px per canvas unit: as many as the picture has at most. */
const CUT_OUT = 2;
/** Its longer side has at least so many px: less than half may be taken for a scan, and in twice as many, pens look as wide as fingers. */
const LEAST_CUT_OUT = 200;

/**
 * Paints the drawing twice: on a canvas 280 pixels high, which receives pointer events, and above it as SVG, which is sharp at
 * every screen density and zoom.
 */
export class Paper {
  /** What was painted last; lengths: the number of points of each stroke. */
  #painted = {
    picture: /** @type {Picture | null} */ (null),
    eraserPaths: /** @type {readonly Stroke[]} */ ([]),
    width: SIZE,
    box: /** @type {Rectangle | null} */ (null),
    strokes: /** @type {readonly Stroke[]} */ ([]),
    lengths: /** @type {number[]} */ ([]),
  };
  /** @type {Promise<string> | null} */
  #dataURL = null;

  /** Counts the changes of what is painted. */
  revision = 0;

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
    const { strokes, picture, eraserPaths, width, box } = this.drawing;
    const lengths = strokes.map(({ points }) => points.length);
    const before = this.#painted;
    this.#painted = { picture, eraserPaths, width, box, strokes, lengths };
    const same =
      picture === before.picture &&
      eraserPaths === before.eraserPaths &&
      width === before.width &&
      box === before.box &&
      strokes.length === before.strokes.length &&
      strokes.every((stroke, i) => stroke === before.strokes[i] && lengths[i] === before.lengths[i]);
    if (!same) this.#paint();
  }

  #paint() {
    const { picture } = this.drawing;
    this.#dataURL = null;
    this.revision += 1;
    this.#setWidth();
    const lines = linesOf(this.drawing);
    paint(this.context, this.drawing, lines, BACKGROUND);
    this.image.toggleAttribute("hidden", !picture);
    if (picture) {
      const { x, y, width, height } = fit(picture.bitmap.width, picture.bitmap.height);
      for (const [name, value] of Object.entries({ href: picture.url, x, y, width, height })) {
        this.image.setAttribute(name, String(value));
      }
    }
    this.lines.replaceChildren(...lines.map(pathOf));
  }

  #setWidth() {
    const { width } = this.drawing;
    if (width === this.canvas.width) return;
    this.canvas.width = width; // which resets the context
    setUp(this.context);
    this.ink.setAttribute("viewBox", `0 0 ${width} ${SIZE}`);
    this.canvas.parentElement?.style.setProperty("--width", String(width));
  }

  /**
   * The drawing as it is sent: an unchanged picture as it is, strokes as a PNG of our own, because some browsers add noise
   * to what is read from a canvas, and a picture with strokes as a PNG of the canvas. Of a picture with a box only what is
   * in the box is sent, so that a record shows exactly what was read, and nothing that is read or recorded needs the box.
   * @returns {Promise<string>} data URL; the same promise until the drawing changes
   */
  dataURL() {
    return (this.#dataURL ??= this.#encode());
  }

  async #encode() {
    const { strokes, picture, eraserPaths, box } = this.drawing;
    if (box) return this.#cutOut(box).canvas.toDataURL("image/png");
    if (picture && strokes.length + eraserPaths.length === 0) return picture.url;
    if (!picture && CAN_ENCODE) return grayPNG(rasterize(strokes, this.drawing.width));
    return this.canvas.toDataURL("image/png");
  }

  /**
   * The drawing for the network in this browser: the same pixels as those that are sent.
   * @returns {LocalInput}
   */
  localInput() {
    const { strokes, picture, eraserPaths, box } = this.drawing;
    if (box) return { pixels: imageData(this.#cutOut(box)) };
    if (!picture) return { strokes, paperWidth: this.drawing.width };
    if (strokes.length + eraserPaths.length > 0) return { pixels: this.context.getImageData(0, 0, SIZE, SIZE), strokes };
    return { pixels: pixelsOf(picture.bitmap) };
  }

  /** What is in the box, with the picture's paper where the picture ends. @param {Rectangle} box @returns {CanvasRenderingContext2D} */
  #cutOut({ x, y, width, height }) {
    const scale = Math.max(CUT_OUT, LEAST_CUT_OUT / Math.max(width, height));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height].map((side) => Math.round(scale * side));
    const cut = context(canvas);
    cut.setTransform(scale, 0, 0, scale, -scale * x, -scale * y);
    paint(cut, this.drawing, linesOf(this.drawing), this.drawing.picture?.borderColor ?? BACKGROUND);
    return cut;
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
}

/** The paths of the eraser and the strokes above them. @param {Drawing} drawing @returns {Line[]} */
function linesOf({ strokes, picture, eraserPaths }) {
  const toLine = (/** @type {string} */ color) => (/** @type {Stroke} */ { points, width }) => ({ data: curve(points), color, width });
  return [...eraserPaths.map(toLine(picture?.borderColor ?? BACKGROUND)), ...strokes.map(toLine(INK))];
}

/** Paint a drawing in canvas units. @param {CanvasRenderingContext2D} context @param {Drawing} drawing @param {Line[]} lines of it @param {string} background */
function paint(context, { picture, width }, lines, background) {
  context.fillStyle = background;
  context.fillRect(0, 0, width, SIZE);
  if (picture) {
    const place = fit(picture.bitmap.width, picture.bitmap.height);
    context.drawImage(picture.bitmap, place.x, place.y, place.width, place.height);
  }
  for (const { data, color, width } of lines) {
    context.lineWidth = width;
    context.strokeStyle = color;
    context.stroke(new Path2D(data));
  }
}

/** @param {Line} line @returns {SVGPathElement} */
function pathOf({ data, color, width }) {
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", data);
  path.setAttribute("stroke", color);
  path.setAttribute("stroke-width", String(width));
  return path;
}

/** @param {ImageBitmap} bitmap @returns {ImageData} */
function pixelsOf(bitmap) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser has no 2D canvas.");
  context.drawImage(bitmap, 0, 0);
  return imageData(context);
}

/** @param {CanvasRenderingContext2D} context @returns {ImageData} all of it */
function imageData(context) {
  return context.getImageData(0, 0, context.canvas.width, context.canvas.height);
}

/** @param {HTMLCanvasElement} canvas */
function context(canvas) {
  // Keep the canvas in main memory, since it is read after every stroke.
  const context = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  if (!context) throw new Error("This browser has no 2D canvas.");
  setUp(context);
  return context;
}

/** @param {CanvasRenderingContext2D} context */
function setUp(context) {
  context.lineCap = context.lineJoin = "round";
  context.imageSmoothingQuality = "high";
}
