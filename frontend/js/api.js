// The page of calls: shows /openapi.json and lets each call be tried.

export {}; // a module

/**
 * @typedef {{name: string, in: "path" | "query" | "header", required?: boolean, schema: {description?: string}}} Parameter
 * @typedef {{description: string, content?: Record<string, {schema: {$ref?: string}}>}} Answer
 * @typedef {{summary: string, description?: string, parameters: Parameter[], responses: Record<string, Answer>,
 *   requestBody?: {content: Record<string, object>}}} Operation
 * @typedef {{paths: Record<string, Record<string, Operation>>, components: {schemas: Record<string, object>}}} Contract
 */

/**
 * @template {Element} E
 * @param {ParentNode} within
 * @param {string} selector
 * @param {new () => E} kind
 * @returns {E}
 */
function find(within, selector, kind) {
  const found = within.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`The page has no ${selector}.`);
  return found;
}

const template = find(document, "#call", HTMLTemplateElement);
const calls = find(document, "#calls", HTMLElement);

/**
 * A drawn one, as a data URL, so that /predict can be tried at once.
 * @returns {string}
 */
function example() {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 280;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.lineWidth = 18;
  pen.lineCap = "round";
  pen.moveTo(140, 60);
  pen.lineTo(140, 220);
  pen.stroke();
  return canvas.toDataURL();
}

/**
 * @param {string} path
 * @param {FormData} values
 * @param {Parameter[]} parameters
 * @returns {string}
 */
function address(path, values, parameters) {
  const query = new URLSearchParams();
  for (const { name, in: place } of parameters) {
    const value = String(values.get(name) ?? "");
    if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(value));
    else if (place === "query" && value !== "") query.set(name, value);
  }
  return query.size > 0 ? `${path}?${query}` : path;
}

/**
 * @param {FormData} values
 * @param {Parameter[]} parameters
 * @returns {{body?: BodyInit, headers: Record<string, string>}}
 */
function payload(values, parameters) {
  const names = parameters.filter((each) => each.in === "header").map((each) => each.name);
  const headers = Object.fromEntries(names.flatMap((name) => (values.get(name) ? [[name, String(values.get(name))]] : [])));
  const file = values.get("file");
  if (file instanceof File && file.size > 0) {
    const form = new FormData();
    form.set("image", file);
    return { body: form, headers };
  }
  const body = String(values.get("body") ?? "").trim();
  const type = body.startsWith("{") ? "application/json" : "text/plain";
  return body === "" ? { headers } : { body, headers: { ...headers, "Content-Type": type } };
}

/**
 * @param {Response} answer
 * @returns {Promise<Element>}
 */
async function shown(answer) {
  const type = answer.headers.get("Content-Type") ?? "";
  if (type.startsWith("image/")) {
    const image = document.createElement("img");
    image.src = URL.createObjectURL(await answer.blob());
    image.alt = "The picture that the call answered";
    return image;
  }
  const text = document.createElement("pre");
  const body = await answer.text();
  text.textContent = type.includes("json") ? JSON.stringify(JSON.parse(body), null, 2) : body.slice(0, 20_000);
  return text;
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement} outcome
 * @param {string} method
 * @param {string} path
 * @param {Parameter[]} parameters
 */
async function send(form, outcome, method, path, parameters) {
  const values = new FormData(form);
  const line = document.createElement("p");
  outcome.replaceChildren(line);
  line.textContent = "Sending …";
  const start = performance.now();
  try {
    const answer = await fetch(address(path, values, parameters), { method, ...payload(values, parameters) });
    const body = await shown(answer);
    line.textContent = `${answer.status} ${answer.statusText}, ${Math.round(performance.now() - start)} ms`;
    if (answer.status !== 204) outcome.append(body);
  } catch (error) {
    line.textContent = `The server can't be reached: ${error instanceof Error ? error.message : error}`;
  }
}

/**
 * @param {Contract} contract
 * @param {string} path
 * @param {string} method
 * @param {Operation} operation
 * @returns {DocumentFragment}
 */
function call(contract, path, method, operation) {
  const view = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  find(view, ".method", HTMLElement).textContent = method.toUpperCase();
  find(view, ".path", HTMLElement).textContent = path;
  find(view, ".summary", HTMLElement).textContent = operation.summary;
  find(view, ".description", HTMLElement).textContent = operation.description ?? "";

  for (const { name, required, schema } of operation.parameters) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.name = name;
    input.required = required ?? false;
    label.append(schema.description ? `${name}: ${schema.description}` : name, input);
    find(view, ".parameters", HTMLElement).append(label);
  }
  if (operation.requestBody) {
    find(view, ".body", HTMLElement).hidden = false;
    const takesForm = "multipart/form-data" in operation.requestBody.content;
    find(view, ".file", HTMLElement).hidden = !takesForm;
    find(view, "textarea", HTMLTextAreaElement).value = takesForm ? example() : '{"label": "7"}';
  }
  for (const [status, answer] of Object.entries(operation.responses)) {
    const term = document.createElement("dt");
    const details = document.createElement("dd");
    term.textContent = status;
    details.textContent = answer.description;
    const name = Object.values(answer.content ?? {})[0]?.schema.$ref?.split("/").at(-1);
    if (name && name !== "ProblemDetails") {
      const schema = document.createElement("pre");
      schema.textContent = JSON.stringify(contract.components.schemas[name], null, 2);
      details.append(schema);
    }
    find(view, ".answers", HTMLElement).append(term, details);
  }
  const form = find(view, "form", HTMLFormElement);
  const outcome = find(view, ".outcome", HTMLElement);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(form, outcome, method.toUpperCase(), path, operation.parameters);
  });
  return view;
}

try {
  const answer = await fetch("/openapi.json");
  const contract = /** @type {Contract} */ (await answer.json());
  calls.replaceChildren(
    ...Object.entries(contract.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => call(contract, path, method, operation)),
    ),
  );
} catch {
  calls.textContent = "The contract can't be loaded; is the server running?";
}
