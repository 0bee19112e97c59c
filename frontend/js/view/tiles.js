import { labelText } from "../model/text.js";
import { votesText } from "../model/wall.js";
import { Failure } from "../network/client.js";
import { fetchDrawing } from "../network/rooms.js";
import { text } from "../texts.js";
import { make } from "./elements.js";

/**
 * @import {Member} from "../network/members.js"
 * @import {WallDrawing} from "../network/rooms.js"
 */

const NOT = "not_a_digit";

/** The drawings on the wall. Unchanged tiles stay in place. */
export class Tiles {
  #list;
  #teacher;
  #onOpen;
  /** @type {Map<string, {tile: HTMLElement, content: string}>} */
  #tiles = new Map();
  /** Object URLs of the images by id. @type {Map<string, Promise<string>>} */
  #images = new Map();

  /** @param {HTMLElement} list @param {Member} teacher @param {(id: string) => void} onOpen */
  constructor(list, teacher, onOpen) {
    this.#list = list;
    this.#teacher = teacher;
    this.#onOpen = onOpen;
  }

  /** @param {WallDrawing[]} drawings */
  show(drawings) {
    const before = this.#tiles;
    this.#tiles = new Map(
      drawings.map((drawing) => {
        const content = JSON.stringify(drawing);
        const old = before.get(drawing.id);
        return [drawing.id, old?.content === content ? old : { tile: this.#tile(drawing), content }];
      }),
    );
    const tiles = [...this.#tiles.values()].map(({ tile }) => tile);
    for (const { tile } of before.values()) if (!tiles.includes(tile)) tile.remove();
    tiles.forEach((tile, i) => {
      if (this.#list.children[i] !== tile) this.#list.insertBefore(tile, this.#list.children[i] ?? null);
    });
  }

  /** @param {string} id @returns {Promise<string>} object URL; empty: the drawing was not kept */
  image(id) {
    const image = this.#images.get(id) ?? this.#load(id);
    this.#images.set(id, image);
    return image;
  }

  /** @param {string} id */
  async #load(id) {
    try {
      return URL.createObjectURL(await fetchDrawing(this.#teacher, id));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.temporary) this.#images.delete(id); // it is loaded again when it is shown again
      return "";
    }
  }

  /** @param {WallDrawing} drawing */
  #tile(drawing) {
    const image = make("img", { alt: "", width: 280, height: 280 });
    void this.image(drawing.id).then((url) => (url ? (image.src = url) : image.remove()));
    const wrong = drawing.meant !== null && drawing.meant !== drawing.read;
    const spoken = make("span", { className: "visually-hidden" }, `${text("wall.spoken")} `);
    const answer = make("span", { className: "answer" }, spoken, labelText(drawing.read), drawing.sure || drawing.read === NOT ? "" : "?");
    answer.classList.toggle("words", drawing.read === NOT);
    const button = make("button", { className: "tile" }, image, answer);
    if (wrong) button.append(make("span", { className: "meant" }, ` ${text("wall.meant_short", { label: labelText(drawing.meant ?? "") })}`));
    const votes = votesText(drawing.votes);
    if (votes) button.append(make("span", { className: "votes" }, ` ${votes}`));
    button.dataset.state = drawing.meant === null ? "unknown" : wrong ? "wrong" : "right";
    button.addEventListener("click", () => this.#onOpen(drawing.id));
    return make("li", {}, button);
  }
}
