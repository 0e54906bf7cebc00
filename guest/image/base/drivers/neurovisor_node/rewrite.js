// Makes scripts of cells: declarations of modules become expressions, and awaits end when the cell is interrupted.
"use strict";

// A package of Debian on which Node depends.
const ACORN = "/usr/share/nodejs/acorn";
const DRIVER = 'globalThis[Symbol.for("neurovisor")]';
const OPTIONS = { ecmaVersion: "latest", locations: true, allowAwaitOutsideFunction: true, allowHashBang: true };

/** Returns the code to evaluate. Lines keep their numbers. */
function rewrite(code, language) {
  if (!/\b(import|export|await)\b/.test(code)) return code;
  const edits = [];
  const tree = parse(code);
  for (const node of tree.body) declaration(code, node, edits, language);
  walk(tree, edits);
  return apply(code, edits);
}

/** Parses as a module, which is always strict, or as a script. */
function parse(code) {
  const { parse: acorn } = require(ACORN);
  try {
    return acorn(code, { ...OPTIONS, sourceType: "module" });
  } catch (failure) {
    try {
      return acorn(code, { ...OPTIONS, sourceType: "script" });
    } catch {
      throw problem(failure);
    }
  }
}

function problem(failure) {
  const error = new SyntaxError(failure.message.replace(/ \(\d+:\d+\)$/, ""));
  Object.defineProperty(error, "cellLine", { value: failure.loc?.line ?? 0 });
  return error;
}

function declaration(code, node, edits, language) {
  const replace = (start, end, text) => {
    const lines = code.slice(start, end).split("\n").length - 1;
    edits.push([start, end, text + "\n".repeat(lines)]);
  };
  switch (node.type) {
    case "ImportDeclaration":
      replace(node.start, node.end, imported(node, language));
      break;
    case "ExportNamedDeclaration":
    case "ExportDefaultDeclaration":
      replace(node.start, node.declaration?.start ?? node.end, "");
      break;
    case "ExportAllDeclaration":
      replace(node.start, node.end, "");
      break;
  }
}

/** Returns statements that do what an import declares. */
function imported({ source, specifiers }, language) {
  const names = [];
  const members = [];
  let namespace = "";
  for (const { type, imported: name, local } of specifiers) {
    if (type === "ImportNamespaceSpecifier") {
      namespace = local.name;
      continue;
    }
    const exported = type === "ImportDefaultSpecifier" ? "default" : (name.name ?? name.value);
    names.push(exported);
    members.push(`${JSON.stringify(exported)}: ${local.name}`);
  }
  // A name of a type has been imported, too.
  const checked = JSON.stringify(language === "typescript" ? [] : names);
  const loaded = `await ${DRIVER}.load(${JSON.stringify(source.value)}, ${checked})`;
  if (namespace) return `const ${namespace} = ${loaded}${members.length ? `, { ${members} } = ${namespace}` : ""};`;
  return members.length ? `const { ${members} } = ${loaded};` : `${loaded};`;
}

/** Replaces import() everywhere, and what is awaited outside of functions. */
function walk(node, edits, isInFunction = false) {
  if (node.type === "ImportDeclaration") return;
  const isFunction = /Function|MethodDefinition|PropertyDefinition|StaticBlock/.test(node.type);
  if (node.type === "ImportExpression") edits.push([node.start, node.start + "import".length, `${DRIVER}.import`]);
  if (node.type === "MetaProperty" && node.meta.name === "import") edits.push([node.start, node.end, `${DRIVER}.meta()`]);
  if (node.type === "AwaitExpression" && !isInFunction) {
    edits.push([node.argument.start, node.argument.start, `${DRIVER}.pending(`]);
    edits.push([node.argument.end, node.argument.end, ")"]);
  }
  for (const child of Object.values(node)) {
    for (const one of Array.isArray(child) ? child : [child]) {
      if (typeof one?.type === "string") walk(one, edits, isInFunction || isFunction);
    }
  }
}

function apply(code, edits) {
  let result = "";
  let at = 0;
  for (const [start, end, text] of edits.sort((one, other) => one[0] - other[0] || one[1] - other[1])) {
    result += code.slice(at, start) + text;
    at = end;
  }
  return result + code.slice(at);
}

module.exports = { rewrite };
