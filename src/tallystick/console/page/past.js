// Looking back: the user as it was after any entry of the journal, and the difference to another one. Nothing changes.

import { el, repaint, replace, table } from "./dom.js";
import { shown } from "./decimal.js";
import { differences, valuesOf } from "./differences.js";
import { moment } from "./moments.js";
import { call } from "./net.js";
import { on, state } from "./store.js";
import { explain } from "./why.js";
import { say } from "./words.js";

const PAUSE_MS = 120; // after the last movement of a slider

export function past(view) {
  const newest = () => Math.max(1, state.clock?.seq ?? 1);
  const then = picker("then", newest());
  const other = picker("other", newest());
  const parts = { when: el("p", { role: "status" }), values: el("div"), difference: el("div"), why: el("div", { class: "about" }) };
  let timer = 0;
  let asked = 0;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
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
    repaint(parts.difference, el("p", { class: "quiet" }, say("from to", moment(one.at_ms), moment(two.at_ms))), differences(one, two));
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
  look();
  const grow = () => {
    for (const each of [then, other]) each.grow(newest());
  };
  const ends = [on("clock", grow), on("user", soon), on("generation", soon)];
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
  return { node, grow, seq: () => Number(slider.value) };
}

function values(found) {
  const rows = [...valuesOf(found)];
  if (!rows.length) return el("p", { class: "empty" }, say("nothing then"));
  return table(say("world then"), [
    { head: say("value of field"), cell: ([name]) => name },
    { head: say("amount"), number: true, cell: ([name, value]) => (name.includes("LTV") ? shown(value, 4) : shown(value)) },
  ], rows);
}
