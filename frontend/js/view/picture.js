/**
 * @import {DrawPage} from "../selectors.js"
 * @import {Drawing, Picture} from "../model/drawing.js"
 */

/** Longer side, in pixels, that a picture is brought to if it is larger: twice what the canvas has. */
const LARGEST = 560;

/**
 * Put a picture on the canvas: chosen, taken with a phone's camera, dropped or pasted.
 * @param {DrawPage} page
 * @param {Drawing} drawing
 * @param {(sentence: string) => void} refuse
 */
export function takePictures(page, drawing, refuse) {
  /** @param {File | undefined} file */
  async function take(file) {
    if (!file) return;
    try {
      drawing.put(await readPicture(file));
    } catch {
      refuse(`“${file.name}” can't be read as a picture. PNG, JPEG, BMP and WebP can.`);
    }
  }

  page.choose.addEventListener("click", () => page.file.click());
  page.file.addEventListener("change", () => {
    void take(page.file.files?.[0]);
    page.file.value = ""; // so that the same file can be chosen again
  });
  page.paper.addEventListener("dragover", (event) => {
    event.preventDefault();
    page.paper.classList.add("dropping");
  });
  page.paper.addEventListener("dragleave", () => page.paper.classList.remove("dropping"));
  page.paper.addEventListener("drop", (event) => {
    event.preventDefault();
    page.paper.classList.remove("dropping");
    void take(event.dataTransfer?.files[0]);
  });
  addEventListener("paste", (event) => void take(event.clipboardData?.files[0]));
}

/** @param {File} file @returns {Promise<Picture>} upright, as its EXIF data says */
export async function readPicture(file) {
  const whole = await createImageBitmap(file);
  const scale = Math.min(1, LARGEST / Math.max(whole.width, whole.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(whole.width * scale));
  canvas.height = Math.max(1, Math.round(whole.height * scale));
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser gives no 2D canvas.");
  context.imageSmoothingQuality = "high";
  context.drawImage(whole, 0, 0, canvas.width, canvas.height);
  const paper = borderColor(context.getImageData(0, 0, canvas.width, canvas.height));
  return { url: canvas.toDataURL("image/png"), bitmap: await createImageBitmap(canvas), paper, name: file.name };
}

/** @param {ImageData} pixels @returns {string} the middle of each channel; white where that is transparent */
function borderColor({ data, width, height }) {
  const across = Array.from({ length: width }, (_, x) => [x, x + (height - 1) * width]);
  const down = Array.from({ length: height }, (_, y) => [y * width, y * width + width - 1]);
  const border = [...across, ...down].flat();
  const [red, green, blue, alpha] = [0, 1, 2, 3].map((channel) => {
    const levels = border.map((pixel) => data[4 * pixel + channel]).sort((a, b) => a - b);
    return levels[levels.length >> 1];
  });
  return alpha < 128 ? "#fff" : `rgb(${red} ${green} ${blue})`;
}
