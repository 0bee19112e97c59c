/**
 * Which ink a result depends on (Zeiler and Fergus, arXiv 1311.2901, section 4.2), as in backend/reading/explanation.py:
 * a patch of WINDOW px is covered with paper at every position where it hides ink, and the network runs again. The value
 * of a pixel is the mean decrease of the result over all patches that hide it, times its ink.
 */

const SIDE = 28;
const WINDOW = 5; // px of 28, about twice the stroke width
const SLICE = 8; // ms; in between, the worker reads what is drawn meanwhile
const SLOW = 6; // ms for one run; a slower device covers every second position in both directions

/**
 * @param {Uint8Array} image 28x28, light ink on black
 * @param {(image: Uint8Array) => number} measure runs the network and returns the result
 * @param {() => boolean} stopped whether the map is no longer needed
 * @returns {Promise<Float64Array | null>} 28x28, positive where ink raises the result; null: stopped
 */
export async function occlusion(image, measure, stopped) {
  const start = performance.now();
  const whole = measure(image);
  const step = performance.now() - start > SLOW ? 2 : 1;
  const [decrease, count] = [new Float64Array(SIDE * SIDE), new Float64Array(SIDE * SIDE)];
  let pause = start + SLICE;
  for (let top = 1 - WINDOW; top < SIDE; top += step) {
    for (let left = 1 - WINDOW; left < SIDE; left += step) {
      const pixels = patch(top, left);
      if (!pixels.some((at) => image[at] > 0)) continue;
      const covered = image.slice();
      for (const at of pixels) covered[at] = 0;
      const change = whole - measure(covered);
      for (const at of pixels) {
        decrease[at] += change;
        count[at] += 1;
      }
      if (performance.now() < pause) continue;
      await new Promise((resolve) => setTimeout(resolve));
      if (stopped()) return null;
      pause = performance.now() + SLICE;
    }
  }
  return decrease.map((sum, at) => ((sum / Math.max(count[at], 1)) * image[at]) / 255);
}

/** @param {number} top @param {number} left @returns {number[]} the pixels of a patch that are in the image */
function patch(top, left) {
  const pixels = [];
  for (let y = Math.max(0, top); y < Math.min(SIDE, top + WINDOW); y++) {
    for (let x = Math.max(0, left); x < Math.min(SIDE, left + WINDOW); x++) pixels.push(y * SIDE + x);
  }
  return pixels;
}
