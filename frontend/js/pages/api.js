// The API page (/api): lists the operations of /openapi.json and lets a person try them.

export {}; // a module

/**
 * @typedef {{name: string, in: "path" | "query" | "header", required?: boolean, schema: {description?: string}}} Parameter
 * @typedef {{description: string, content?: Record<string, {schema: {$ref?: string}}>}} ApiResponse
 * @typedef {{summary: string, description?: string, parameters: Parameter[], responses: Record<string, ApiResponse>,
 *   requestBody?: {content: Record<string, object>}, security: Record<string, string[]>[]}} Operation
 * @typedef {{paths: Record<string, Record<string, Operation>>, components: {schemas: Record<string, object>}}} ApiDescription security: alternatives; an empty one means that nothing is needed
 */

/**
 * @template {Element} E
 * @param {ParentNode} within
 * @param {string} selector
 * @param {new () => E} type
 * @returns {E}
 */
function find(within, selector, type) {
  const found = within.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`The page has no ${selector}.`);
  return found;
}

const template = find(document, "#operation", HTMLTemplateElement);
const operations = find(document, "#operations", HTMLElement);

/** An example drawing for /predict. @returns {string} a 1 as a data URL */
function exampleDrawing() {
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
 * @param {string} path with placeholders, such as /records/{id}
 * @param {FormData} values
 * @param {Parameter[]} parameters
 * @returns {string}
 */
function requestURL(path, values, parameters) {
  const query = new URLSearchParams();
  for (const { name, in: location } of parameters) {
    const value = String(values.get(name) ?? "");
    if (location === "path") path = path.replace(`{${name}}`, encodeURIComponent(value));
    else if (location === "query" && value !== "") query.set(name, value);
  }
  return query.size > 0 ? `${path}?${query}` : path;
}

/**
 * @param {FormData} values
 * @param {Parameter[]} parameters
 * @returns {{body?: BodyInit, headers: Record<string, string>}}
 */
function requestBody(values, parameters) {
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
 * @param {Response} response
 * @returns {Promise<Element>} shows the body
 */
async function render(response) {
  const type = response.headers.get("Content-Type") ?? "";
  if (type.startsWith("image/")) {
    const image = document.createElement("img");
    image.src = URL.createObjectURL(await response.blob());
    image.alt = "The picture that the server returned";
    return image;
  }
  const text = document.createElement("pre");
  const body = await response.text();
  text.textContent = type.includes("json") ? JSON.stringify(JSON.parse(body), null, 2) : body.slice(0, 20_000);
  return text;
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement} result shows the response
 * @param {string} method
 * @param {string} path
 * @param {Parameter[]} parameters
 */
async function send(form, result, method, path, parameters) {
  const values = new FormData(form);
  const status = document.createElement("p");
  result.replaceChildren(status);
  status.textContent = "Sending …";
  const start = performance.now();
  try {
    const response = await fetch(requestURL(path, values, parameters), { method, ...requestBody(values, parameters) });
    const body = await render(response);
    status.textContent = `${response.status} ${response.statusText}, ${Math.round(performance.now() - start)} ms`;
    if (response.status !== 204) result.append(body);
  } catch (error) {
    status.textContent = `The server can't be reached: ${error instanceof Error ? error.message : error}`;
  }
}

/** @param {Operation} operation @returns {string} who may do it, if that is not everyone */
function permissionNote({ security }) {
  if (security.length === 0 || security.some((each) => Object.keys(each).length === 0)) return "";
  const owner = takesSecret(security) ? ", and for whoever drew it, with the secret" : "";
  return `For the operator, who signs in on the Recorder page${owner}.`;
}

/** @param {Operation["security"]} security */
function takesSecret(security) {
  return security.some((each) => "drawing_secret" in each);
}

/** @type {Parameter} */
const SECRET = { name: "Digitpad-Secret", in: "header", schema: { description: "the secret that /predict returned" } };

/**
 * @param {string} path
 * @param {string} method
 * @param {Operation} operation
 * @param {ApiDescription["components"]["schemas"]} schemas
 * @returns {DocumentFragment} describes one operation, with a form that sends it
 */
function operationView(path, method, operation, schemas) {
  const view = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  find(view, ".method", HTMLElement).textContent = method.toUpperCase();
  find(view, ".path", HTMLElement).textContent = path;
  find(view, ".summary", HTMLElement).textContent = operation.summary;
  find(view, ".description", HTMLElement).textContent = [operation.description, permissionNote(operation)].filter(Boolean).join(" ");

  const parameters = [...operation.parameters, ...(takesSecret(operation.security) ? [SECRET] : [])];
  for (const { name, required, schema } of parameters) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.name = name;
    input.required = required ?? false;
    label.append(schema.description ? `${name}: ${schema.description}` : name, input);
    find(view, ".parameters", HTMLElement).append(label);
  }
  if (operation.requestBody) {
    find(view, ".body", HTMLElement).hidden = false;
    const acceptsForm = "multipart/form-data" in operation.requestBody.content;
    find(view, ".file", HTMLElement).hidden = !acceptsForm;
    find(view, "textarea", HTMLTextAreaElement).value = acceptsForm ? exampleDrawing() : '{"label": "7"}';
  }
  for (const [status, response] of Object.entries(operation.responses)) {
    const term = document.createElement("dt");
    const details = document.createElement("dd");
    term.textContent = status;
    details.textContent = response.description;
    const name = Object.values(response.content ?? {})[0]?.schema.$ref?.split("/").at(-1);
    if (name && name !== "ProblemDetails") {
      const pre = document.createElement("pre");
      pre.textContent = JSON.stringify(schemas[name], null, 2);
      details.append(pre);
    }
    find(view, ".responses", HTMLElement).append(term, details);
  }
  const form = find(view, "form", HTMLFormElement);
  const result = find(view, ".result", HTMLElement);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(form, result, method.toUpperCase(), path, parameters);
  });
  return view;
}

try {
  const response = await fetch("/openapi.json");
  const description = /** @type {ApiDescription} */ (await response.json());
  operations.replaceChildren(
    ...Object.entries(description.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => operationView(path, method, operation, description.components.schemas)),
    ),
  );
} catch {
  operations.textContent = "The API description can't be loaded. Is the server running?";
}
