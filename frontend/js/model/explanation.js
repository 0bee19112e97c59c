/**
 * An explanation, prepared for display. Independent of the DOM.
 *
 * @import {Explanation, ModelReading} from "../network/explanation.js"
 * @typedef {{title: string, caption: string, pictures: string[], smooth?: boolean, probabilities?: readonly number[]}} Step
 * @typedef {{name: string, plain: ModelReading | undefined, mnist: ModelReading | undefined}} ModelComparison
 */

/**
 * The path of a drawing through the network, step by step.
 * @param {Explanation} explanation
 * @param {string} drawing data URL of the drawing as it was sent
 * @returns {Step[]}
 */
export function steps({ seen, layers, models }, drawing) {
  const shipped = models[models.length - 1];
  return [
    { title: "Drawing", caption: "The drawing as it was sent.", pictures: [drawing], smooth: true },
    {
      title: "28 x 28",
      caption:
        "The ink is cropped, scaled so that its longer side is 20 pixels, moved so that its center of mass is in the " +
        "middle, and shown light on dark, like the MNIST digits on which the network was trained.",
      pictures: [seen],
    },
    ...layers.map(({ name, shape: [height, width, count], sees, maps }, i) => ({
      title: `Layer ${i + 1}`,
      caption:
        `${name}: ${count} feature maps of ${height} x ${width}. Each map looks for one pattern everywhere in the maps ` +
        `of the layer before; bright means a strong response. One value depends on ${Math.min(sees, 28)} x ` +
        `${Math.min(sees, 28)} pixels of the 28 x 28 input.`,
      pictures: maps,
    })),
    {
      title: "Probabilities",
      caption:
        "The last feature maps are combined into a score (logit) for each digit; softmax turns the scores into " +
        "probabilities that add up to 1.",
      pictures: [],
      probabilities: shipped.probabilities,
    },
  ];
}

/**
 * The networks side by side, each with its readings of the plain and of the normalized drawing.
 * @param {ModelReading[]} models
 * @returns {ModelComparison[]}
 */
export function compareModels(models) {
  const names = [...new Set(models.map(({ name }) => name))];
  return names.map((name) => ({
    name,
    plain: models.find((model) => model.name === name && model.form === "plain"),
    mnist: models.find((model) => model.name === name && model.form === "mnist"),
  }));
}
