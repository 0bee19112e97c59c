/**
 * From the file of a picture to its pixels. Loaded after the first view.
 *
 * @import {Picture} from "../model/drawing.js"
 */

/** Larger pictures are scaled down so that the longer side has this many pixels: twice that of the canvas. */
const LARGEST = 560;

/** @param {Omit<Picture, "bitmap">} stored a picture without its pixels @returns {Promise<Picture>} */
export async function reopenPicture(stored) {
  const image = new Image();
  image.src = stored.url;
  await image.decode();
  return { ...stored, bitmap: await createImageBitmap(image) };
}

/** @param {File} file @returns {Promise<Picture>} rotated as its EXIF data says @throws {Failure} if neither this browser nor the server can read it */
export async function readPicture(file) {
  // The server reads types that this browser does not, such as HEIC and TIFF.
  const original = await createImageBitmap(file).catch(async () => {
    const { convertPicture } = await import("../network/picture.js");
    return createImageBitmap(await convertPicture(file));
  });
  const scale = Math.min(1, LARGEST / Math.max(original.width, original.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(original.width * scale));
  canvas.height = Math.max(1, Math.round(original.height * scale));
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser has no 2D canvas.");
  context.imageSmoothingQuality = "high";
  context.drawImage(original, 0, 0, canvas.width, canvas.height);
  const borderColor = findBorderColor(context.getImageData(0, 0, canvas.width, canvas.height));
  return { url: canvas.toDataURL("image/png"), bitmap: await createImageBitmap(canvas), borderColor, name: file.name };
}

/** @param {ImageData} pixels @returns {string} the median of each channel along the border; white if the border is transparent */
function findBorderColor({ data, width, height }) {
  const horizontal = Array.from({ length: width }, (_, x) => [x, x + (height - 1) * width]);
  const vertical = Array.from({ length: height }, (_, y) => [y * width, y * width + width - 1]);
  const border = [...horizontal, ...vertical].flat();
  const [red, green, blue, alpha] = [0, 1, 2, 3].map((channel) => {
    const levels = border.map((pixel) => data[4 * pixel + channel]).sort((a, b) => a - b);
    return levels[levels.length >> 1];
  });
  return alpha < 128 ? "#fff" : `rgb(${red} ${green} ${blue})`;
}
