// The insurance fund, and the numbers of the exchange.

import { action } from "./action.js";
import { shown } from "./decimal.js";
import { el, repaint, table } from "./dom.js";
import { call } from "./net.js";
import { on } from "./store.js";
import { say } from "./words.js";

const PARTS = ["constants", "currencies", "instruments"];

export function fund(part) {
  const seen = el("div");
  let values = new Map();
  const read = async () => {
    const told = await call({ method: "GET", path: ["fund"] });
    repaint(seen, told.outcome === "done" ? fundTable(told.answer) : el("p", { class: "bad", role: "alert" }, told.message));
  };
  const readNumbers = async () => {
    const told = await call({ method: "GET", path: ["parameters"] });
    if (told.outcome !== "done") return;
    values = numbersOf(told.answer);
    changing.suggest("path", [...values.keys()]);
  };
  const moving = action({
    title: say("move fund"),
    about: say("move fund about"),
    fields: [{ name: "amt", label: say("amount"), kind: "amount", placeholder: "-1000000" }],
    make: ({ amt }) => (amt ? { method: "POST", path: ["fund"], fields: { amt } } : null),
    done: ({ ccy, amt }) => say("fund moved", shown(amt, 2), ccy),
    after: read,
  });
  const changing = action({
    title: say("set a number"),
    verb: say("change it"),
    about: say("set a number about"),
    fields: [
      { name: "path", label: say("number of"), choices: [], open: true, placeholder: "currencies.BTC.quota" },
      { name: "value", label: say("its value") },
    ],
    make: ({ path, value }) => (path && value ? { method: "POST", path: ["parameters"], fields: patchOf(path, valueOf(value)) } : null),
    after: readNumbers,
  });
  changing.inputs.path.addEventListener("change", () => {
    const found = values.get(changing.inputs.path.value);
    if (found === undefined) return;
    changing.inputs.value.value = typeof found === "string" ? found : JSON.stringify(found);
    changing.redraw();
  });
  part.append(seen, el("div", { class: "actions" }, moving.form, changing.form));
  read();
  readNumbers();
  const ends = [on("moved", read), on("generation", () => { read(); readNumbers(); })];
  return () => ends.forEach((end) => end());
}

function fundTable(found) {
  return table(say("fund"), [
    { head: say("coin"), cell: ({ ccy }) => ccy },
    { head: say("fund holds"), number: true, cell: ({ amt }) => shown(amt, 2) },
    { head: say("bad debt"), number: true, cell: ({ bad_debt: bad }) => shown(bad, 2) },
    { head: say("lending"), cell: ({ borrowing }) => say(`lending ${borrowing}`) },
  ], [found]);
}

// Every number that can be changed by its path, such as constants.taker_fee and currencies.BTC.quota.
function numbersOf(answer) {
  const found = new Map();
  for (const part of PARTS) {
    for (const [row, one] of Object.entries(answer[part])) {
      const cells = part === "constants" ? [[`${part}.${row}`, one]] : Object.entries(one).map(([name, cell]) => [`${part}.${row}.${name}`, cell]);
      for (const [path, cell] of cells) if (!cell.fixed) found.set(path, cell.value);
    }
  }
  return found;
}

function patchOf(path, value) {
  const [part, row, name] = path.split(".");
  return part === "constants" ? { constants: { [row]: value } } : { [part]: { [row]: { [name ?? ""]: value } } };
}

// Text as it was typed, but for a list, true and false, which the call takes as such.
function valueOf(text) {
  if (!/^(\[.*\]|true|false)$/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
