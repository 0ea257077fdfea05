// Looking back: the user as it was after any entry of the journal, and the difference to another one. Nothing changes.

import { el, repaint, replace, table } from "./dom.js";
import { percent, shown } from "./decimal.js";
import { differences, valuesOf } from "./differences.js";
import { moment } from "./moments.js";
import { call } from "./net.js";
import { on, state } from "./store.js";
import { explain } from "./why.js";
import { say } from "./words.js";

const PAUSE_MS = 120; // after the last movement of a slider
const HOUR_MS = 3_600_000;
const PAGE = 1000; // entries that are searched for the one an hour ago

export function past(view) {
  const newest = () => Math.max(1, state.clock?.seq ?? 1);
  const then = picker("then", newest());
  const other = picker("other", newest());
  const parts = { when: el("p", { role: "status" }), values: el("div"), difference: el("div"), why: el("div", { class: "about" }) };
  let timer = 0;
  let asked = 0;
  let held = false;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  };
  // The newest entry is first held against the world an hour before, or against how this one began.
  const hold = async () => {
    const at = newest();
    const found = await hourBefore(at);
    other.set(Math.min(found, at));
    held = true;
    look();
  };
  const look = async () => {
    if (!state.user) return;
    const own = (asked += 1);
    const told = await Promise.all([then, other].map(({ seq }) => call({ method: "GET", path: ["users", state.user, "past"], fields: { seq: String(seq()) } })));
    if (own !== asked) return;
    const failed = told.find(({ outcome }) => outcome !== "done");
    if (failed) {
      repaint(parts.when, el("span", { class: "bad" }, [failed.message, failed.hint].filter(Boolean).join("; ")));
      for (const name of ["values", "difference", "why"]) repaint(parts[name]);
      return;
    }
    const [one, two] = told.map(({ answer }) => answer);
    repaint(parts.when, say("as of", state.user, moment(one.at_ms), one.seq));
    repaint(parts.values, values(one));
    const [from, to] = one.seq <= two.seq ? [one, two] : [two, one];
    repaint(parts.difference, el("p", { class: "quiet" }, say("from to", moment(from.at_ms), from.seq, moment(to.at_ms), to.seq)), differences(from, to));
    await explain(parts.why, one.seq);
  };
  for (const each of [then, other]) each.node.addEventListener("input", soon);
  replace(view,
    el("h1", {}, say("past")),
    el("p", { class: "quiet" }, say("past about")),
    el("div", { class: "split" }, then.node, other.node),
    parts.when,
    el("div", { class: "split" },
      el("section", { "aria-labelledby": "h-then" }, el("h2", { id: "h-then" }, say("world then")), parts.values),
      el("section", { "aria-labelledby": "h-change" }, el("h2", { id: "h-change" }, say("differences")), parts.difference)),
    el("section", { "aria-labelledby": "h-why" }, el("h2", { id: "h-why" }, say("why this entry")), parts.why));
  const grow = () => {
    if (!state.clock) return;
    for (const each of [then, other]) each.grow(newest());
    if (!held) hold();
  };
  look();
  grow();
  const ends = [on("clock", grow), on("user", soon), on("generation", () => { held = false; soon(); })];
  return () => {
    clearTimeout(timer);
    ends.forEach((end) => end());
  };
}

// A slider with a field beside it, both for the number of an entry.
function picker(name, newest) {
  const slider = el("input", { id: `slider-${name}`, type: "range", min: "1", max: String(newest), value: String(newest), "aria-label": say(`entry ${name}`) });
  const field = el("input", { id: `field-${name}`, inputmode: "numeric", value: String(newest), autocomplete: "off" });
  let last = newest;
  slider.addEventListener("input", () => { field.value = slider.value; });
  field.addEventListener("input", () => { if (/^\d+$/.test(field.value)) slider.value = field.value; });
  const step = (by) => el("button", { type: "button", "aria-label": say(by < 0 ? "earlier" : "later", say(`entry ${name}`)), click: () => {
    slider.value = String(Number(slider.value) + by);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  } }, by < 0 ? "‹" : "›");
  const node = el("div", { class: "picker" }, el("label", { for: field.id }, say(`entry ${name}`)), el("div", { class: "row" }, step(-1), slider, step(1), field));
  let heard = state.clock !== null;
  const grow = (to) => {
    if (to === last && heard) return;
    // It begins at the newest entry, as soon as that is known, and stays where it is while more entries come.
    const follows = !heard || Number(slider.value) > to;
    heard = true;
    last = to;
    slider.max = String(to);
    if (!follows) return;
    slider.value = String(to);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const set = (seq) => {
    slider.value = String(seq);
    field.value = String(seq);
  };
  return { node, grow, set, seq: () => Number(slider.value) };
}

// The last entry that is an hour older than this one; where none is among the newest, the last of those it all began with.
async function hourBefore(seq) {
  const told = await call({ method: "GET", path: ["journal"], fields: { after: String(Math.max(0, seq - PAGE)), limit: String(PAGE) } });
  const entries = told.outcome === "done" ? told.answer.entries.filter((entry) => entry.seq <= seq) : [];
  if (!entries.length) return seq;
  const before = entries.findLast(({ at_ms: at }) => at <= entries.at(-1).at_ms - HOUR_MS);
  const begun = entries.findLast(({ at_ms: at }) => at === entries[0].at_ms);
  const found = before ?? begun;
  return found.seq < seq ? found.seq : Math.max(1, seq - 1);
}

function values(found) {
  const rows = [...valuesOf(found)];
  if (!rows.length) return el("p", { class: "empty" }, say("nothing then"));
  return table(say("world then"), [
    { head: say("value of field"), cell: ([name]) => name },
    { head: say("amount"), number: true, cell: ([name, value]) => (name.includes("LTV") ? percent(value) : shown(value)) },
  ], rows);
}
