/** The form of the filters, and the download links, which have the same filter. */
export class Filters {
  #form;
  #exports;

  /** @param {HTMLFormElement} form @param {HTMLElement} exports contains the download links @param {() => void} onChange */
  constructor(form, exports, onChange) {
    this.#form = form;
    this.#exports = exports;
    form.addEventListener("change", onChange);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(onChange)); // the fields are reset only after this event
  }

  /** As query parameters; empty fields are left out. @returns {URLSearchParams} */
  get query() {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(this.#form)) if (value) query.set(name, String(value));
    return query;
  }

  /** @param {URLSearchParams} query values that a field does not have, and other parameters, are ignored */
  set query(query) {
    for (const field of this.#form.elements) {
      if (field instanceof HTMLSelectElement || field instanceof HTMLInputElement) {
        const value = query.get(field.name) ?? "";
        if (field.value !== value) field.value = value;
        if (field.value !== value) field.value = ""; // it does not have that value
      }
    }
  }

  updateLinks() {
    for (const link of this.#exports.querySelectorAll("a")) {
      const format = new URL(link.href).searchParams.get("format") ?? "csv";
      link.href = `/records/export?${new URLSearchParams([["format", format], ...this.query])}`;
    }
  }
}
