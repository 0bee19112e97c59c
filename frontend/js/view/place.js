import { fit, SIZE } from "../model/geometry.js";

/**
 * @import {Drawing} from "../model/drawing.js"
 * @import {Place} from "../reading/worker.js"
 */

/**
 * Put an element on the paper.
 * @param {HTMLElement | SVGElement} element
 * @param {Place} place in fractions of what is read: the whole paper, or an unchanged picture in its middle
 * @param {Drawing} drawing
 */
export function putAt(element, { left, top, width, height }, { picture, strokes, eraserPaths }) {
  const unchanged = picture && strokes.length + eraserPaths.length === 0;
  const shown = unchanged ? fit(picture.bitmap.width, picture.bitmap.height) : fit(SIZE, SIZE);
  element.style.left = `${(100 * (shown.x + left * shown.width)) / SIZE}%`;
  element.style.top = `${(100 * (shown.y + top * shown.height)) / SIZE}%`;
  element.style.width = `${(100 * width * shown.width) / SIZE}%`;
  element.style.height = `${(100 * height * shown.height) / SIZE}%`;
}
