// One control call as others write it: for curl, for `tally`, for Python. None of them has the token.

import { CALLS } from "./calls.js";

const PLAIN = /^[A-Za-z0-9_./:@%+=-]+$/;

// A word of a shell. A word that is no plain one is quoted.
function word(text) {
  return PLAIN.test(text) ? text : `'${String(text).replaceAll("'", "'\\''")}'`;
}

// The declaration of a call, and the name in its path.
function declared({ method, path }) {
  for (const [key, found] of Object.entries(CALLS)) {
    const [verb, pattern] = key.split(" ");
    const parts = pattern.split("/");
    if (verb !== method || parts.length !== path.length) continue;
    if (parts.every((part, place) => part === "*" || part === path[place])) return [found, path[parts.indexOf("*")]];
  }
  return [null, undefined];
}

export function asCurl({ method, path, fields = {} }, session) {
  const query = method === "GET" ? new URLSearchParams(fields).toString() : "";
  const url = `${session.url}/tally/v1/${path.map(encodeURIComponent).join("/")}${query ? `?${query}` : ""}`;
  const lines = [`curl ${method === "DELETE" ? "-X DELETE " : ""}${word(url)}`, '-H "Authorization: Bearer $TALLY_CONTROL_TOKEN"'];
  if (method === "POST") lines.push(`--json ${word(JSON.stringify(fields))}`);
  return lines.join(" \\\n  ");
}

export function asTally(call, session) {
  const [found, name] = declared(call);
  if (!found) return "";
  const parts = ["tally", ...found.tally.split(" ")];
  if (name !== undefined) parts.push(word(name));
  for (const field of found.fields) {
    const value = call.fields?.[field.wire];
    if (value === undefined) continue;
    const option = `--${field.python.replace(/_at$/, "").replaceAll("_", "-")}`;
    const words = wordsOf(field.form, value);
    if (field.argument) parts.push(...words.flat());
    else for (const one of words) parts.push(option, ...[one].flat());
  }
  return [...parts, ...(session.data ? [session.data] : [])].join(" ");
}

// The words of a value, a list for each time its option stands.
function wordsOf(form, value) {
  if (value === null) return ["null"];
  if (form === "flag") return [value ? "on" : "off"];
  if (form === "list") return value.map(word);
  if (form === "pairs") return Object.entries(value).flat().map(word);
  if (form === "levels") return value.map((pair) => pair.map(word));
  if (form === "cells") return Object.entries(value).map((pair) => pair.map((one) => word(text(one))));
  if (form === "rows")
    return Object.entries(value).flatMap(([row, cells]) => Object.entries(cells).map(([name, one]) => [row, name, text(one)].map(word)));
  if (form === "json") return [word(JSON.stringify(value))];
  return [word(String(value))];
}

function text(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

export function asPython(call, session) {
  const [found, name] = declared(call);
  if (!found) return "";
  const given = found.fields.filter((field) => call.fields?.[field.wire] !== undefined);
  const parts = given.map((field) => `${field.python}=${literal(call.fields[field.wire])}`);
  if (name !== undefined) parts.unshift(literal(name));
  const folder = session.data ? literal(session.data.replace(/^--data /, "").replace(/^'(.*)'$/, "$1")) : "";
  return [
    "from tallystick.client.levers import Levers",
    "",
    `with Levers.of_data(${folder}) as levers:`,
    `    print(levers.${found.python}(${parts.join(", ")}))`,
  ].join("\n");
}

function literal(value) {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "object") return `{${Object.entries(value).map(([name, one]) => `${literal(name)}: ${literal(one)}`).join(", ")}}`;
  return JSON.stringify(value);
}
