// Warnings and liquidations of a user, the newest first, each with its reason.

import { el, table } from "./dom.js";
import { isLoud, loudness } from "./loud.js";
import { moment } from "./moments.js";
import { state } from "./store.js";
import { openEntry } from "./why.js";
import { lineOf, say } from "./words.js";

const SHOWN = 5;

export function notices(user) {
  const found = state.events.filter((row) => row.user === user && isLoud(row)).slice(-SHOWN).reverse();
  if (!found.length) return null;
  const why = (row) => say("why notice", lineOf(row), moment(row.at_ms));
  return table(say("notices"), [
    { head: say("what happened"), cell: (row) => el("span", { class: loudness(row) }, lineOf(row)) },
    { head: say("time"), cell: (row) => moment(row.at_ms) },
    { head: say("why"), pin: true, cell: (row) => el("button", { type: "button", class: "ask", "data-key": `why ${row.serial}`, "aria-label": why(row), click: () => openEntry(row.seq, why(row)) }, say("why")) },
  ], found, { key: ({ serial }) => String(serial), folds: true });
}
