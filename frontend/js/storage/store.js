/**
 * What the page keeps on this device: objects with an `id`, in IndexedDB; in this page's memory where site data is blocked
 * or the disk is full.
 */

const DATABASE = "digitpad";
const VERSION = 1;
const NAMES = /** @type {const} */ (["waiting", "drawings", "records"]);

/** @type {Promise<IDBDatabase | null> | undefined} */
let database;

/** @returns {Promise<IDBDatabase | null>} null: site data is blocked */
function open() {
  return (database ??= /** @type {Promise<IDBDatabase>} */ (
    new Promise((resolve, reject) => {
      const request = indexedDB.open(DATABASE, VERSION);
      request.onupgradeneeded = () => NAMES.forEach((name) => request.result.createObjectStore(name, { keyPath: "id" }));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    })
  ).then(
    (opened) => {
      opened.onversionchange = () => opened.close(); // another tab has a newer version of the page
      return opened;
    },
    () => null,
  ));
}

/** @template {{id: string}} T */
export class Store {
  #name;
  /** What could not be written to the disk. @type {Map<string, T>} */
  #memory = new Map();

  /** @param {typeof NAMES[number]} name */
  constructor(name) {
    this.#name = name;
  }

  /** Whether something would be lost with this page. */
  get inMemory() {
    return this.#memory.size > 0;
  }

  /** Add an object, or replace the one with the same id. @param {T} value */
  async put(value) {
    try {
      await this.#run("readwrite", (objects) => objects.put(value));
      this.#memory.delete(value.id);
    } catch {
      this.#memory.set(value.id, value);
    }
  }

  /** @param {string} id @returns {Promise<T | undefined>} */
  async get(id) {
    return this.#memory.get(id) ?? (await this.#run("readonly", (objects) => objects.get(id)).catch(() => undefined));
  }

  /** @returns {Promise<T[]>} in the order of their ids */
  async all() {
    const stored = await this.#run("readonly", (objects) => objects.getAll()).catch(() => []);
    return [...stored, ...this.#memory.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** @param {string} id */
  async delete(id) {
    this.#memory.delete(id);
    await this.#run("readwrite", (objects) => objects.delete(id)).catch(() => {});
  }

  /**
   * Change an object that no other tab changes at the same time.
   * @param {string} id
   * @param {(value: T) => T} change
   * @returns {Promise<T | undefined>} the new value; undefined: there is no such object
   */
  async update(id, change) {
    const inMemory = this.#memory.get(id);
    if (inMemory) {
      const changed = change(inMemory);
      this.#memory.set(id, changed);
      return changed;
    }
    /** @type {T | undefined} */
    let changed;
    await this.#run("readwrite", (objects) => {
      const request = objects.get(id);
      request.onsuccess = () => {
        if (request.result) objects.put((changed = change(request.result)));
      };
      return request;
    });
    return changed;
  }

  /**
   * Run one transaction.
   * @param {IDBTransactionMode} mode
   * @param {(objects: IDBObjectStore) => IDBRequest} work
   * @returns {Promise<any>} the result of the request, once it is on the disk
   */
  async #run(mode, work) {
    const opened = await open();
    if (!opened) throw new Error("Site data is blocked.");
    return new Promise((resolve, reject) => {
      const transaction = opened.transaction(this.#name, mode);
      const request = work(transaction.objectStore(this.#name));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  }
}
