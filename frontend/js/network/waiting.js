import { Store } from "../storage/store.js";
import { text } from "../texts.js";
import { Failure } from "./client.js";
import { now } from "./clock.js";
import { newKey } from "./idempotency_key.js";
import { roomHeaders } from "./members.js";
import { record } from "./predict.js";

/**
 * Predictions on their way: each is kept on this device from Predict until the server has answered, however long that
 * takes, and sent by whichever tab is open then. Its idempotency key makes sure that it is recorded once.
 *
 * @import {Prediction, Reading} from "./predict.js"
 * @typedef {{id: string, key: string, time: number, body: string, reading: string | null, room: Record<string, string>}} WaitingRequest
 *   id: its first key. time: of Predict, by this device's clock. body: a DrawingRequest as JSON. reading: what this
 *   browser's own network read. room: the headers of the room in which it was drawn
 * @typedef {{request: WaitingRequest, answer: Promise<Prediction>, resolve: (answer: Prediction) => void, reject: (failure: Failure) => void}} Awaited
 * @typedef {{count: number, failure: Failure | null, inMemory: boolean}} State failure: of the last try; null: none yet.
 *   inMemory: what waits would be lost with this page
 */

/** Delays between two rounds, in ms; the last one is repeated. */
const DELAYS = [500, 1000, 2000, 4000, 8000, 16000, 30000];

/** Responses of this server that say that a request can't be accepted, whenever it is sent. */
const REFUSALS = [400, 413, 415, 422];
/** The codes of a room that will never take the drawing. */
const ROOM_REFUSALS = ["unknown_room", "room_ended", "room_full", "wrong_room_token", "removed"];
/** The codes for a key that the server refuses for its time. */
const WRONG_TIME = ["idempotency_key_expired", "idempotency_key_in_future"];
/** The server refuses keys that are older, in ms; a day less than its limit. */
const OLD = 29 * 24 * 3600 * 1000;

export class WaitingRequests {
  /** @type {Store<WaitingRequest>} */
  #store = new Store("waiting");
  /** Those made by this page, by id. @type {Map<string, Awaited>} */
  #awaited = new Map();
  #running = false;
  /** Whether to start another round at once. */
  #again = false;
  #wake = () => {};
  #onChange;
  #onNote;

  /**
   * @param {(state: State) => void} onChange
   * @param {(sentence: string) => void} onNote about a request that waited
   */
  constructor(onChange, onNote) {
    this.#onChange = onChange;
    this.#onNote = onNote;
    addEventListener("online", () => this.send());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.send());
    addEventListener("beforeunload", (event) => this.#store.inMemory && event.preventDefault());
  }

  /**
   * Keep a request and send it. The same request again, after a reload for example, is the one that waits.
   * @param {string} body a DrawingRequest as JSON
   * @param {Reading | null} reading what this browser's own network read
   * @returns {Promise<Prediction>} once the server has answered; it may take days
   * @throws {Failure} if the server refuses it
   */
  async predict(body, reading) {
    const same = (await this.#store.all()).find((request) => request.body === body);
    const key = newKey();
    const read = reading && !reading.cuttable ? `${reading.digit ?? reading.result} ${reading.verdict}` : null;
    const request = same ?? { id: key, key, time: Date.now(), body, reading: read, room: roomHeaders() };
    const awaited = this.#awaited.get(request.id) ?? awaiting(request);
    this.#awaited.set(request.id, awaited);
    if (!same) await this.#store.put(request);
    this.send();
    return awaited.answer;
  }

  /** Send what waits, now and until nothing does. */
  send() {
    this.#again = true;
    this.#wake();
    if (!this.#running) void this.#sendAll();
  }

  async #sendAll() {
    this.#running = true;
    for (let round = 0; ; round++) {
      if (this.#again) round = 0;
      this.#again = false;
      const failure = await this.#sendOnce();
      const count = (await this.#store.all()).length;
      this.#onChange({ count, failure, inMemory: this.#store.inMemory });
      if (count + this.#awaited.size === 0) break;
      if (failure && round === 0) navigator.storage?.persist?.().catch(() => {}); // ask the browser not to clear it
      if (!this.#again) await this.#sleep(Math.max(DELAYS[Math.min(round, DELAYS.length - 1)], failure?.retryAfter ?? 0));
    }
    this.#running = false;
  }

  /** @param {number} ms unless `send` is called before */
  #sleep(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(null);
      };
    });
  }

  /** @returns {Promise<Failure | null>} why some still wait */
  async #sendOnce() {
    const stored = await this.#store.all();
    // Another tab may have sent one of ours; sent again with its key, it gets the same answer.
    const sent = [...this.#awaited.values()].map(({ request }) => request).filter(({ id }) => !stored.some((each) => each.id === id));
    let failure = null;
    for (const request of [...sent, ...stored].reverse()) {
      // The newest first, whose answer a person awaits.
      try {
        await this.#exclusively(request, () => this.#answer(request));
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        failure = error;
        if (error.status === 0 || error.retryAfter > 0) break; // the others would fail, too
      }
    }
    return failure;
  }

  /**
   * Send a request while no other tab does; skip it if another one does and this page awaits no answer.
   * @param {WaitingRequest} request @param {() => Promise<void>} work
   */
  async #exclusively({ id }, work) {
    const { locks } = navigator; // missing without HTTPS: then two tabs may send a request at once, with the same key
    if (!locks || this.#store.inMemory) return work();
    const ifAvailable = !this.#awaited.has(id);
    // Another tab may have sent it since the list was read.
    const waits = async () => !ifAvailable || (await this.#store.all()).some((each) => each.id === id);
    await locks.request(`digitpad.waiting.${id}`, { ifAvailable }, async (lock) => {
      if (lock && (await waits())) await work();
    });
  }

  /** @param {WaitingRequest} request @throws {Failure} if it has to wait */
  async #answer(request) {
    const awaited = this.#awaited.get(request.id);
    try {
      const prediction = await this.#send(request);
      await this.#store.delete(request.id);
      awaited?.resolve(prediction);
    } catch (error) {
      if (!(error instanceof Failure) || !isRefusal(error)) throw error;
      await this.#store.delete(request.id);
      if (awaited) awaited.reject(error);
      else this.#onNote(text("draw.refused", { problem: error.message }));
    }
    this.#awaited.delete(request.id);
  }

  /** @param {WaitingRequest} request @returns {Promise<Prediction>} */
  async #send(request) {
    const { id, key, time, body, reading, room } = request;
    try {
      return await record(body, key, reading, room);
    } catch (error) {
      if (!(error instanceof Failure && WRONG_TIME.includes(error.code))) throw error;
      // The response has corrected the clock. If another tab has replaced the key, use that one.
      const fresh = newKey(now());
      const replaced = await this.#store.update(id, (stored) => (stored.key === key ? { ...stored, key: fresh } : stored));
      if (!replaced) throw error; // another tab has sent it
      const prediction = await record(body, replaced.key, reading, room);
      if (Date.now() - time > OLD) {
        this.#onNote(text("draw.late"));
      }
      return prediction;
    }
  }
}

/** @param {Failure} failure */
function isRefusal({ status, code }) {
  if (ROOM_REFUSALS.includes(code)) return true;
  return REFUSALS.includes(status) && code !== String(status) && !WRONG_TIME.includes(code);
}

/** @param {WaitingRequest} request @returns {Awaited} */
function awaiting(request) {
  /** @type {Awaited["resolve"]} */ let resolve = () => {};
  /** @type {Awaited["reject"]} */ let reject = () => {};
  const answer = /** @type {Promise<Prediction>} */ (new Promise((...settle) => ([resolve, reject] = settle)));
  return { request, answer, resolve, reject };
}
