// The difference between two moments of a user, value by value.

import { el, table } from "./dom.js";
import { compare, cut, percent, shown, sum, negated } from "./decimal.js";
import { say } from "./words.js";

// Every value of a moment by its name: what is held, owed and pledged, and the prices.
export function valuesOf({ balance, funding, loans, prices }) {
  const found = new Map();
  const keep = (name, value) => {
    if (value && compare(value, "0") !== 0) found.set(name, value);
  };
  for (const { ccy, cashBal, liab, interest } of balance[0]?.details ?? []) {
    keep(say("held in trading", ccy), cashBal);
    keep(say("owed of", ccy), liab);
    keep(say("interest of", ccy), interest);
  }
  for (const { ccy, bal } of funding) keep(say("held in funding", ccy), bal);
  for (const [place, loan] of loans.entries()) {
    const name = loan.ordId || place + 1;
    for (const { ccy, amt } of loan.loanData) keep(say("loan owes", name, ccy), amt);
    for (const { ccy, amt } of loan.collateralData) keep(say("loan holds", name, ccy), amt);
    keep(say("loan ltv", name), loan.curLTV);
  }
  keep(say("margin ratio"), balance[0]?.mgnRatio ? cut(balance[0].mgnRatio, 4) : "");
  for (const [inst, px] of Object.entries(prices)) keep(say("price of", inst), px);
  return found;
}

export function differences(before, after) {
  const one = valuesOf(before);
  const other = valuesOf(after);
  const names = [...new Set([...one.keys(), ...other.keys()])].filter((name) => one.get(name) !== other.get(name));
  if (!names.length) return el("p", { class: "empty" }, say("no difference"));
  const text = (name, value) => (value === undefined ? "–" : name.includes("LTV") ? percent(value) : shown(value));
  return table(say("differences"), [
    { head: say("value of field"), cell: (name) => name },
    { head: say("before"), number: true, cell: (name) => text(name, one.get(name)) },
    { head: say("after"), number: true, cell: (name) => text(name, other.get(name)) },
    { head: say("change"), number: true, cell: (name) => text(name, sum(other.get(name) ?? "0", negated(one.get(name) ?? "0"))) },
  ], names, { stacks: true });
}
