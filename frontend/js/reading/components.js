/** @import {Gray} from "./image.js" */

/**
 * The 8-connected components of what is stronger than a level.
 * @param {Gray} image @param {number} level
 * @returns {{labels: Int32Array, areas: number[]}} labels: 0 elsewhere, else from 1 on; areas[label]: pixels
 */
export function components({ data, width, height }, level) {
  const labels = new Int32Array(width * height);
  const areas = [0];
  const stack = new Int32Array(width * height);
  for (let start = 0; start < data.length; start++) {
    if (data[start] <= level || labels[start]) continue;
    const label = areas.length;
    let area = 0;
    let top = 1; // of the stack
    stack[0] = start;
    labels[start] = label;
    while (top > 0) {
      const at = stack[--top];
      area++;
      const x = at % width;
      const left = x > 0 ? -1 : 0;
      const right = x < width - 1 ? 1 : 0;
      for (let row = at >= width ? at - width : at; row <= at + width && row < data.length; row += width) {
        for (let near = row + left; near <= row + right; near++) {
          if (data[near] <= level || labels[near]) continue;
          labels[near] = label;
          stack[top++] = near;
        }
      }
    }
    areas.push(area);
  }
  return { labels, areas };
}
