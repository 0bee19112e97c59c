/**
 * The way of a drawing through the network, as steps that a class can follow; free of the DOM.
 *
 * @import {Explanation, Opinion} from "../network/explain.js"
 * @typedef {{title: string, caption: string, pictures: string[], smooth?: boolean, probabilities?: readonly number[]}} Step
 * @typedef {{name: string, plain: Opinion | undefined, mnist: Opinion | undefined}} Rival
 */

/**
 * @param {Explanation} explanation
 * @param {string} drawing data URL of what was sent
 * @returns {Step[]} from pixels to ten numbers
 */
export function steps({ seen, layers, models }, drawing) {
  const shipped = models[models.length - 1];
  return [
    { title: "Drawing", caption: "What was sent, as it was drawn.", pictures: [drawing], smooth: true },
    {
      title: "28 x 28",
      caption:
        "The ink alone, brought to 20 pixels and moved until its center of mass lies in the middle, light on dark: " +
        "the form in which the network learned its digits.",
      pictures: [seen],
    },
    ...layers.map(({ name, shape: [height, width, count], sees, maps }, i) => ({
      title: `Layer ${i + 1}`,
      caption:
        `${name}: ${count} pictures of ${height} x ${width}. Each asks a question of its own at every place of the ` +
        `pictures before it; bright is a strong yes. One value here depends on ${Math.min(sees, 28)} x ` +
        `${Math.min(sees, 28)} pixels of the 28 x 28.`,
      pictures: maps,
    })),
    {
      title: "Ten numbers",
      caption: "What the last pictures say is added up into a score for each digit; softmax turns the scores into shares of 1.",
      pictures: [],
      probabilities: shipped.probabilities,
    },
  ];
}

/**
 * The networks beside each other, each with what it reads without and with MNIST's form.
 * @param {Opinion[]} models
 * @returns {Rival[]}
 */
export function rivals(models) {
  const names = [...new Set(models.map(({ name }) => name))];
  return names.map((name) => ({
    name,
    plain: models.find((model) => model.name === name && model.form === "plain"),
    mnist: models.find((model) => model.name === name && model.form === "mnist"),
  }));
}
