import { fit, SIZE } from "../model/geometry.js";

/**
 * @import {Drawing} from "../model/drawing.js"
 * @import {Rectangle} from "../model/geometry.js"
 * @import {Place} from "../reading/worker.js"
 */

/**
 * Put an element on the paper.
 * @param {HTMLElement | SVGElement} element
 * @param {Place} place in fractions of what is read
 * @param {Drawing} drawing
 */
export function putAt(element, place, drawing) {
  put(element, onPaper(place, drawing));
}

/**
 * @param {Place} place in fractions of what is read: a part of a picture, an unchanged picture, or the whole paper
 * @param {Drawing} drawing
 * @returns {Rectangle} in canvas units, on paper that is not wide
 */
export function onPaper({ left, top, width, height }, { picture, strokes, eraserPaths, box }) {
  const unchanged = picture && strokes.length + eraserPaths.length === 0;
  const read = box ?? (unchanged ? fit(picture.bitmap.width, picture.bitmap.height) : fit(SIZE, SIZE));
  return { x: read.x + left * read.width, y: read.y + top * read.height, width: width * read.width, height: height * read.height };
}

/** @param {HTMLElement | SVGElement} element @param {Rectangle} place in canvas units, on paper that is not wide */
export function put({ style }, { x, y, width, height }) {
  style.left = `${(100 * x) / SIZE}%`;
  style.top = `${(100 * y) / SIZE}%`;
  style.width = `${(100 * width) / SIZE}%`;
  style.height = `${(100 * height) / SIZE}%`;
}
