/**
 * Set up the filter form. The filter is also kept in the URL of the page, so that it can be bookmarked and shared.
 * @param {HTMLFormElement} form
 * @param {HTMLElement} exports contains the download links, which get the same filter
 * @param {() => void} onChange
 * @returns {() => URLSearchParams} returns the filter as query parameters; empty fields are left out
 */
export function setUpFilters(form, exports, onChange) {
  for (const [name, value] of new URLSearchParams(location.search)) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLSelectElement || field instanceof HTMLInputElement) field.value = value;
  }

  function query() {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) query.set(name, String(value));
    return query;
  }

  function updateLinks() {
    const filter = query();
    history.replaceState(null, "", filter.size > 0 ? `?${filter}` : location.pathname);
    for (const link of exports.querySelectorAll("a")) {
      const format = new URL(link.href).searchParams.get("format") ?? "csv";
      link.href = `/records/export?${new URLSearchParams([["format", format], ...filter])}`;
    }
  }

  form.addEventListener("change", () => {
    updateLinks();
    onChange();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => {
    // The fields are reset only after this event.
    setTimeout(() => {
      updateLinks();
      onChange();
    });
  });
  updateLinks();
  return query;
}
