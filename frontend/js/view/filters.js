/**
 * The filter form. What it says stands in the page's address too, so that it can be kept and passed on.
 * @param {HTMLFormElement} form
 * @param {HTMLElement} exports whose links follow the filter
 * @param {() => void} onChange
 * @returns {() => URLSearchParams} the filter as a query, only of what is set
 */
export function takeFilters(form, exports, onChange) {
  for (const [name, value] of new URLSearchParams(location.search)) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLSelectElement || field instanceof HTMLInputElement) field.value = value;
  }

  function query() {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) query.set(name, String(value));
    return query;
  }

  function follow() {
    const filter = query();
    history.replaceState(null, "", filter.size > 0 ? `?${filter}` : location.pathname);
    for (const link of exports.querySelectorAll("a")) {
      const format = new URL(link.href).searchParams.get("format") ?? "csv";
      link.href = `/records/export?${new URLSearchParams([["format", format], ...filter])}`;
    }
  }

  form.addEventListener("change", () => {
    follow();
    onChange();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => {
    // The fields have their new values only after this event.
    setTimeout(() => {
      follow();
      onChange();
    });
  });
  follow();
  return query;
}
