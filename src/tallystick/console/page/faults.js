// Faults: the rules that make requests and messages go wrong, and the catalogue they are made from.

import { action, options } from "./action.js";
import { el, repaint, replace, table } from "./dom.js";
import { call } from "./net.js";
import { on } from "./store.js";
import { either, say } from "./words.js";

const USUAL = ["one_click_repay_v2", "spot_manual_borrow_repay", "place_order", "balance", "loan_borrow", "loan_repay", "convert_trade", "orders", "books", "login", "ws", "*"];

export function faults(part) {
  const seen = el("div");
  const extra = el("div", { class: "fields" });
  const about = el("p", { class: "quiet" });
  let kinds = [];
  const read = async () => {
    const told = await call({ method: "GET", path: ["faults"] });
    repaint(seen, told.outcome === "done" ? ruleTable(told.answer.faults, read) : el("p", { class: "bad", role: "alert" }, told.message));
  };
  const adding = action({
    title: say("add a fault"),
    fields: [
      { name: "fault", label: say("fault"), kind: "select", choices: ["delay"] },
      { name: "on", label: say("on"), value: "one_click_repay_v2", choices: USUAL, open: true },
      { name: "user", label: say("only of user"), optional: true },
      { name: "nth", label: say("the nth time"), kind: "amount", optional: true, placeholder: "1" },
      { name: "count", label: say("so many times"), kind: "amount", optional: true },
    ],
    make: ({ fault, on: operation, user, nth, count }) => {
      const fields = { on: operation, fault };
      if (user) fields.user = user;
      for (const [name, text] of [["nth", nth], ["count", count]]) if (text) fields[name] = whole(text);
      for (const { name, value, dataset } of extra.querySelectorAll("input, select")) if (value !== "") fields[name] = dataset.whole !== undefined ? whole(value) : value;
      return operation ? { method: "POST", path: ["faults"], fields } : null;
    },
    done: ({ id }) => say("fault made", id),
    after: read,
  });
  const clearing = action({ title: say("clear faults"), make: () => ({ method: "DELETE", path: ["faults"] }), after: read });
  adding.form.querySelector(".fields").after(extra, about);
  const tellKind = () => {
    const kind = kinds.find(({ name }) => name === adding.inputs.fault.value);
    if (!kind) return;
    replace(extra, kind.parameters.map(parameter));
    repaint(about, either(`${kind.sees.en}. ${kind.words.en}.`, `${kind.sees.zh}。${kind.words.zh}。`));
    adding.redraw();
  };
  adding.inputs.fault.addEventListener("change", tellKind);
  part.append(seen, el("div", { class: "actions" }, adding.form, clearing.form));
  read();
  call({ method: "GET", path: ["faults", "kinds"] }).then((told) => {
    if (told.outcome !== "done") return;
    kinds = told.answer.kinds;
    adding.inputs.fault.replaceChildren(...options(kinds.map(({ name }) => name), "drop-after-commit"));
    tellKind();
  });
  const ends = [on("moved", read), on("generation", read)];
  return () => ends.forEach((end) => end());
}

// A whole number; a text that is none stays, so that the venue says what is wrong with it.
function whole(text) {
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

function parameter({ name, default: usual, words }) {
  const id = `fault-${name}`;
  const value = usual ?? "";
  const node = words?.length
    ? el("select", { id, name }, options(words, String(value)))
    : el("input", { id, name, value: String(value), "data-whole": typeof usual === "number", autocomplete: "off" });
  return el("div", { class: "field" }, el("label", { for: id }, name), node);
}

function ruleTable(rules, read) {
  if (!rules.length) return el("p", { class: "empty" }, say("no faults"));
  const remove = async (id) => {
    await call({ method: "DELETE", path: ["faults", String(id)] });
    read();
  };
  return table(say("h faults"), [
    { head: say("number"), cell: ({ id }) => String(id) },
    { head: say("fault"), cell: ({ fault }) => fault },
    { head: say("on"), cell: ({ on: operation }) => operation },
    { head: say("user"), cell: ({ user }) => user ?? say("everybody") },
    { head: say("matched"), number: true, cell: ({ matched }) => String(matched) },
    { head: say("fired"), number: true, cell: ({ fired }) => String(fired) },
    { head: say("remove"), pin: true, cell: ({ id }) => el("button", { type: "button", "data-key": `fault ${id}`, click: () => remove(id), "aria-label": say("remove fault", id) }, say("remove")) },
  ], rules, { key: ({ id }) => String(id) });
}
