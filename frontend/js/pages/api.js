// The API page (/api): lists the operations of /openapi.json and lets a person try them.

import { text, translate } from "../texts.js";
import { make } from "../view/elements.js";

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
    image.alt = text("api.picture");
    return image;
  }
  const content = document.createElement("pre");
  const body = await response.text();
  content.textContent = type.includes("json") ? JSON.stringify(JSON.parse(body), null, 2) : body.slice(0, 20_000);
  return content;
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
  status.textContent = text("api.sending");
  const start = performance.now();
  try {
    const response = await fetch(requestURL(path, values, parameters), { method, ...requestBody(values, parameters) });
    const body = await render(response);
    status.textContent = `${response.status} ${response.statusText}, ${Math.round(performance.now() - start)} ms`;
    if (response.status !== 204) result.append(body);
  } catch (error) {
    status.textContent = `${text("server.unreachable")} ${error instanceof Error ? error.message : error}`;
  }
}

/** @param {Operation} operation @returns {string} who may do it, if that is not everyone */
function permissionNote({ security }) {
  if (security.length === 0 || security.some((each) => Object.keys(each).length === 0)) return "";
  const operator = takes(security, "operator_token");
  const member = operator ? "the room's teacher, with the token" : "pupils of the room, with their token";
  const who = [
    operator && "the operator, who signs in on the Recorder page",
    takes(security, "drawing_secret") && "whoever drew it, with the secret",
    takes(security, "room_token") && member,
  ];
  return `For ${who.filter(Boolean).join(", and for ")}.`;
}

/** @param {Operation["security"]} security @param {string} scheme */
function takes(security, scheme) {
  return security.some((each) => scheme in each);
}

/** The headers of the secrets that visitors may have, by security scheme. @type {Record<string, Parameter>} */
const SECRETS = {
  drawing_secret: { name: "Digitpad-Secret", in: "header", schema: { description: "the secret that /predict returned" } },
  room_token: { name: "Digitpad-Room-Token", in: "header", schema: { description: "of the room's teacher or of a pupil" } },
};

/** @param {string} markdown with code in backticks @returns {(Node | string)[]} */
function withCode(markdown) {
  return markdown.split("`").map((part, i) => (i % 2 ? make("code", {}, part) : part));
}

/** Where the list of operations begins; the others follow by their paths. */
const FIRST = ["/predict", "/explain"];

/** @param {string} a @param {string} b */
function byImportance(a, b) {
  const [first, second] = [a, b].map((path) => (FIRST.indexOf(path) + 1 || FIRST.length + 1));
  return first - second || a.localeCompare(b);
}

/**
 * @param {string} path
 * @param {string} method
 * @param {Operation} operation
 * @param {ApiDescription["components"]["schemas"]} schemas
 * @returns {DocumentFragment} describes one operation, with a form that sends it
 */
function operationView(path, method, operation, schemas) {
  const view = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  translate(view);
  find(view, ".method", HTMLElement).textContent = method.toUpperCase();
  find(view, ".path", HTMLElement).textContent = path;
  find(view, ".summary", HTMLElement).textContent = operation.summary;
  find(view, ".description", HTMLElement).append(
    ...withCode([operation.description, permissionNote(operation)].filter(Boolean).join(" ")),
  );

  const secrets = Object.keys(SECRETS).filter((scheme) => takes(operation.security, scheme));
  const parameters = [...operation.parameters, ...secrets.map((scheme) => SECRETS[scheme])];
  for (const { name, required, schema } of parameters) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.name = name;
    input.required = required ?? false;
    label.append(make("span", {}, ...withCode(schema.description ? `${name}: ${schema.description}` : name)), input);
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
    details.append(...withCode(response.description));
    const name = Object.values(response.content ?? {})[0]?.schema.$ref?.split("/").at(-1);
    if (name && name !== "ProblemDetails") {
      const pre = document.createElement("pre");
      pre.textContent = JSON.stringify(schemas[name], null, 2).replaceAll("`", "");
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
  const { paths, components } = description;
  const views = Object.keys(paths)
    .sort(byImportance)
    .flatMap((path) =>
      Object.entries(paths[path]).map(([method, operation]) => operationView(path, method, operation, components.schemas)),
    );
  operations.replaceChildren(...views);
} catch {
  operations.textContent = text("api.unavailable");
}
document.documentElement.dataset.ready = ""; // see start.js
