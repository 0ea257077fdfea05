// Lending: what lenders have, what is lent, and at which rate.

import { action, choose } from "./action.js";
import { pairsOf, percent, shown } from "./decimal.js";
import { el, repaint, table } from "./dom.js";
import { call } from "./net.js";
import { on } from "./store.js";
import { say } from "./words.js";

export function lenders(part) {
  const seen = el("div");
  let coins = ["USDT"];
  const read = async () => {
    const [rates, pools] = await Promise.all([call({ method: "GET", path: ["rates"] }), call({ method: "GET", path: ["pools"] })]);
    const failed = [rates, pools].find(({ outcome }) => outcome !== "done");
    if (failed) {
      repaint(seen, el("p", { class: "bad", role: "alert" }, failed.message));
      return;
    }
    const pool = Object.fromEntries(pools.answer.pools.map((each) => [each.ccy, each]));
    coins = rates.answer.rates.map(({ ccy }) => ccy);
    for (const each of [rate, bids, move]) choose(each.inputs.ccy, coins);
    repaint(seen, rateTable(rates.answer.rates.map((each) => ({ ...pool[each.ccy], ...each }))));
  };
  const coin = { name: "ccy", label: say("coin"), kind: "select", choices: coins, value: "USDT" };
  const rate = action({
    title: say("set a rate"),
    about: say("set a rate about"),
    fields: [coin, { name: "apr", label: say("rate a year"), kind: "amount", optional: true, placeholder: "0.073" }],
    make: ({ ccy, apr }) => ({ method: "POST", path: ["rates"], fields: { ccy, apr: apr || null } }),
    after: read,
  });
  const move = action({
    title: say("move lenders"),
    about: say("move lenders about"),
    fields: [coin, { name: "amt", label: say("amount"), kind: "amount", placeholder: "-1000000" }],
    make: ({ ccy, amt }) => (amt ? { method: "POST", path: ["pools"], fields: { ccy, amt } } : null),
    after: read,
  });
  const bids = action({
    title: say("set bids"),
    about: say("set bids about"),
    fields: [coin, { name: "bids", label: say("bids"), optional: true, placeholder: "1000000 0.03, 500000 0.08" }],
    make: ({ ccy, bids: text }) => ({ method: "POST", path: ["rates", "bids"], fields: { ccy, bids: pairsOf(text) } }),
    done: ({ next }) => say("bids set", percent(next)),
    after: read,
  });
  part.append(seen, el("div", { class: "actions" }, rate.form, bids.form, move.form));
  read();
  const ends = [on("moved", read), on("generation", read)];
  return () => ends.forEach((end) => end());
}

function rateTable(rows) {
  return table(say("h lenders"), [
    { head: say("coin"), cell: ({ ccy }) => ccy },
    { head: say("rate a year"), number: true, cell: ({ apr }) => percent(apr) },
    { head: say("rate next"), number: true, cell: ({ next }) => percent(next) },
    { head: say("rate source"), cell: ({ source }) => say(`rate ${source}`) },
    { head: say("usage"), number: true, cell: ({ usage }) => percent(usage) },
    { head: say("free"), number: true, cell: ({ free }) => shown(free, 2) },
    { head: say("lent"), number: true, cell: ({ lent }) => shown(lent, 2) },
    { head: say("waiting"), number: true, cell: ({ waiting }) => shown(waiting, 2) },
  ], rows);
}
