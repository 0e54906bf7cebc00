// Describes the variables of a context without running code of the user.
"use strict";

const { types } = require("node:util");

const TEXT_CHARACTERS_MAX = 120;
const NAME_CHARACTERS_MAX = 100;
const VARIABLES_MAX = 400;
const HEADER_BYTES_MAX = 48 << 10;
const KEY = Symbol.for("neurovisor");
const DRIVER = 'globalThis[Symbol.for("neurovisor")]';
const LARGE = 2n ** 512n;
const getter = (prototype, name) => Object.getOwnPropertyDescriptor(prototype, name).get;
const SIZES = [
  [types.isMap, getter(Map.prototype, "size")],
  [types.isSet, getter(Set.prototype, "size")],
  [types.isTypedArray, getter(Object.getPrototypeOf(Uint8Array.prototype), "length")],
];

/** Returns the descriptions, sorted by name, and whether some were left out. */
function describe(lexical, initial, post) {
  const names = new Set(lexical);
  for (const name of Object.getOwnPropertyNames(globalThis)) if (!initial.has(name)) names.add(name);
  const variables = [];
  let room = HEADER_BYTES_MAX;
  for (const name of [...names].sort()) {
    const one = variable(name, lexical.includes(name), post);
    if (one === undefined) continue;
    room -= Buffer.byteLength(JSON.stringify(one)) + 1;
    if (room < 0 || variables.length === VARIABLES_MAX) return { variables, truncated: true };
    variables.push(one);
  }
  return { variables, truncated: false };
}

function variable(name, isLexical, post) {
  const shown = { name: name.slice(0, NAME_CHARACTERS_MAX) };
  if (isLexical) {
    // Fails for a name without a value yet.
    if (post("Runtime.evaluate", { expression: `${DRIVER}.take(${name})` }).exceptionDetails) return undefined;
  } else {
    const property = Object.getOwnPropertyDescriptor(globalThis, name);
    if (!property) return undefined;
    if (!("value" in property)) return { ...shown, kind: "accessor", text: "" };
    globalThis[KEY].take(property.value);
  }
  return { ...shown, ...described(globalThis[KEY].taken(), post) };
}

function described(value, post) {
  switch (typeof value) {
    case "string":
      return { kind: "string", length: value.length, text: JSON.stringify(value.slice(0, TEXT_CHARACTERS_MAX)) };
    case "bigint":
      return { kind: "bigint", text: value > LARGE || value < -LARGE ? "<large bigint>" : `${value}n` };
    case "function":
    case "object":
      return value === null ? { kind: "null", text: "null" } : object(value, post);
    default:
      return { kind: typeof value, text: String(value).slice(0, TEXT_CHARACTERS_MAX) };
  }
}

/** V8 describes objects without calling them. */
function object(value, post) {
  if (types.isProxy(value)) return { kind: "Proxy", text: "<Proxy>" };
  const options = { expression: `${DRIVER}.taken()`, generatePreview: true, objectGroup: "inspection" };
  const { result } = post("Runtime.evaluate", options);
  post("Runtime.releaseObjectGroup", { objectGroup: "inspection" });
  const kind = (result.className ?? result.type).slice(0, NAME_CHARACTERS_MAX);
  const size = SIZES.find(([is]) => is(value))?.[1];
  const length = Array.isArray(value) ? value.length : size && Reflect.apply(size, value, []);
  const [first] = (previewed(result) ?? result.description ?? "").split("\n", 1);
  const text = first.slice(0, TEXT_CHARACTERS_MAX);
  return { kind, ...(length === undefined ? {} : { length }), text };
}

function previewed({ subtype, className, preview }) {
  if (!preview || (subtype !== "array" && className !== "Object")) return undefined;
  const item = ({ name, type, value }) => {
    const text = type === "string" ? JSON.stringify(value) : type === "function" ? "<function>" : value;
    return subtype === "array" ? text : `${name}: ${text}`;
  };
  const items = preview.properties.map(item);
  if (preview.overflow) items.push("...");
  return subtype === "array" ? `[${items.join(", ")}]` : `{${items.join(", ")}}`;
}

module.exports = { describe };
