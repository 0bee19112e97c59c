// Not a module and not deferred: it runs before anything is painted, and also where modules are missing.

/** Load the texts in the language that was chosen by hand, or else in the first one that the browser asks for and we have. */
(function () {
  const languages = ["en", "de", "fr", "es", "zh"];
  let chosen = null;
  try {
    chosen = localStorage.getItem("digitpad.language");
  } catch (error) {
    // Site data is blocked.
  }
  const wanted = [chosen].concat(navigator.languages).map((tag) => String(tag).split("-")[0]);
  const language = wanted.find((each) => languages.indexOf(each) >= 0) || "en";
  const root = document.documentElement;
  root.lang = language;
  if (language !== "en") root.dataset.translating = ""; // hidden until texts.js has replaced the English texts
  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const address = new URL("../texts/" + language + ".json", script.src);
  const loading = fetch(address).then((response) => {
    if (!response.ok) throw new Error("The texts could not be loaded.");
    return response.json();
  });
  Object.assign(window, { digitpadTexts: loading });
})();

/** Say so if a script can't be loaded, or fails before the page is ready. */
addEventListener(
  "error",
  function (event) {
    const ready = document.documentElement.dataset.ready !== undefined;
    if (ready || !(event.target === window || event.target instanceof HTMLScriptElement)) return;
    delete document.documentElement.dataset.translating;
    const message = document.getElementById("not-started");
    if (message) message.hidden = false;
  },
  true, // events of scripts that can't be loaded don't bubble
);
