// Prices and the book: seen as any user sees them, and moved by control calls.

import { action, choose } from "./action.js";
import { compare, pairsOf, product, shown, sum, toStep } from "./decimal.js";
import { el, repaint, replace, table } from "./dom.js";
import { asUser as rows } from "./net.js";
import { on, state } from "./store.js";
import { say } from "./words.js";

const LEVELS = 10;
const EVERY_MS = 500;
const ALL = "*";
const SAID = 3; // prices that are told after a fall

export function market(view) {
  const known = { tickers: [], steps: {}, inst: "BTC-USDT" };
  const prices = el("div");
  const book = el("div", { class: "book" });
  const pick = el("select", { id: "inst", change: () => { known.inst = pick.value; look(); } }, el("option", { value: known.inst }, known.inst));
  const controls = moves(known);
  replace(view,
    el("h1", {}, say("market")),
    el("div", { class: "split" },
      el("section", { "aria-labelledby": "h-prices" }, el("h2", { id: "h-prices" }, say("prices")), prices),
      el("section", { "aria-labelledby": "h-book" }, el("h2", { id: "h-book" }, say("book")), el("div", { class: "row" }, el("label", { for: "inst" }, say("instrument")), pick), book)),
    el("section", { "aria-labelledby": "h-move" }, el("h2", { id: "h-move" }, say("move prices")), el("div", { class: "actions" }, controls.forms)));
  let due = true;
  let reading = false;
  const look = async () => {
    if (reading || !state.user || state.lost) return;
    reading = true;
    due = false;
    try {
      const [tickers, [depth]] = await Promise.all([
        rows(state.user, "/api/v5/market/tickers?instType=SPOT"),
        rows(state.user, `/api/v5/market/books?instId=${encodeURIComponent(known.inst)}&sz=${LEVELS}`),
      ]);
      if (!Object.keys(known.steps).length) {
        const instruments = await rows(state.user, "/api/v5/public/instruments?instType=SPOT");
        known.steps = stepsOf(instruments);
      }
      known.tickers = tickers;
      choose(pick, tickers.map(({ instId }) => instId));
      controls.know();
      repaint(prices, tickerTable(tickers));
      repaint(book, bookTable(depth));
    } catch (problem) {
      repaint(prices, el("p", { class: "bad", role: "alert" }, problem.message));
      repaint(book);
    } finally {
      reading = false;
    }
  };
  const timer = setInterval(() => {
    if (due || (state.clock && (state.clock.mode === "real" || state.clock.advancing))) look();
  }, EVERY_MS);
  const ends = [on("moved", () => { due = true; }), on("users", () => { due = true; }), on("generation", () => { due = true; })];
  look();
  return () => {
    clearInterval(timer);
    ends.forEach((end) => end());
  };
}

function tickerTable(tickers) {
  if (!tickers.length) return el("p", { class: "empty" }, say("no prices"));
  return table(say("prices"), [
    { head: say("instrument"), cell: ({ instId }) => instId },
    { head: say("last"), number: true, cell: ({ last }) => shown(last) },
    { head: say("bid"), number: true, cell: ({ bidPx }) => shown(bidPx) },
    { head: say("ask"), number: true, cell: ({ askPx }) => shown(askPx) },
    { head: say("low of the day"), number: true, cell: ({ low24h }) => shown(low24h) },
    { head: say("high of the day"), number: true, cell: ({ high24h }) => shown(high24h) },
  ], tickers);
}

function bookTable({ asks, bids }) {
  const level = (side) => (row) => ({ side, px: row[0], sz: row[1], orders: row[3] });
  const levels = [...asks.map(level("ask")).reverse(), ...bids.map(level("bid"))];
  if (!levels.length) return el("p", { class: "empty" }, say("book empty"));
  return table(say("book"), [
    { head: say("side"), cell: ({ side }) => say(side) },
    { head: say("price"), number: true, cell: ({ px }) => shown(px) },
    { head: say("size"), number: true, cell: ({ sz }) => shown(sz) },
    { head: say("orders"), number: true, cell: ({ orders }) => orders },
  ], levels, { rowClass: ({ side }) => side });
}

// The controls of prices. `know()` fills in what was read since.
function moves(known) {
  const instruments = () => known.tickers.map(({ instId }) => instId);
  const instrument = { name: "inst", label: say("instrument"), kind: "select", choices: [known.inst], value: known.inst };
  const setting = action({
    title: say("set a price"),
    fields: [instrument, { name: "px", label: say("price"), kind: "amount" }],
    make: ({ inst, px }) => (px ? { method: "POST", path: ["market", "prices"], fields: { prices: { [inst]: px } } } : null),
  });
  const crashing = crash(known);
  const releasing = action({
    title: say("release a price"),
    about: say("release about"),
    fields: [instrument],
    make: ({ inst }) => ({ method: "POST", path: ["market", "release"], fields: { instId: inst } }),
  });
  const booking = action({
    title: say("set the book"),
    about: say("set the book about"),
    fields: [instrument, { name: "bids", label: say("quotes to buy"), optional: true, placeholder: "39990 1" }, { name: "asks", label: say("asks"), optional: true, placeholder: "40010 1" }],
    make: ({ inst, bids, asks }) => ({ method: "POST", path: ["market", "book"], fields: { instId: inst, bids: pairsOf(bids), asks: pairsOf(asks) } }),
  });
  const know = () => {
    choose(setting.inputs.inst, instruments());
    for (const each of [releasing, booking]) choose(each.inputs.inst, instruments());
    crashing.know();
  };
  return { forms: [setting.form, crashing.form, booking.form, releasing.form], know };
}

function crash(known) {
  const { form, inputs, redraw } = action({
    title: say("crash"),
    about: say("crash about"),
    danger: true,
    fields: [
      { name: "inst", label: say("instrument"), kind: "select", choices: [[known.inst, known.inst]], value: known.inst },
      { name: "share", label: say("fall in per cent"), kind: "amount", value: "30" },
    ],
    make: ({ inst, share }) => crashOf(known, inst, share),
    done: ({ prices }) => say("crashed", Object.entries(prices).slice(0, SAID).map(([inst, px]) => `${inst} ${shown(px)}`).join(", ")),
  });
  const know = () => {
    choose(inputs.inst, [...known.tickers.map(({ instId }) => [instId, instId]), [ALL, say("all but stable coins")]]);
    redraw();
  };
  return { form, know };
}

// The form of a fall, for other views: it reads prices and their steps by itself.
export function crashForm() {
  const known = { tickers: [], steps: {}, inst: "BTC-USDT" };
  const { form, know } = crash(known);
  Promise.all(["/api/v5/market/tickers?instType=SPOT", "/api/v5/public/instruments?instType=SPOT"].map((path) => rows(state.user, path))).then(([tickers, instruments]) => {
    known.tickers = tickers;
    known.steps = stepsOf(instruments);
    know();
  });
  return form;
}

function stepsOf(instruments) {
  return Object.fromEntries(instruments.map(({ instId, tickSz }) => [instId, tickSz]));
}

// Prices after a fall by so many per cent, each cut to the tick of its instrument; null where the share is none.
export function crashOf({ tickers, steps }, inst, share) {
  if (compare(share, "0") <= 0 || compare(share, "100") >= 0) return null;
  const left = product(sum("100", `-${share}`), "0.01");
  const hit = tickers.filter(({ instId }) => instId === inst || (inst === ALL && !/^(USDC|DAI|TUSD)-/.test(instId)));
  const prices = Object.fromEntries(hit.map(({ instId, last }) => [instId, toStep(product(last, left), steps[instId] ?? "0.00000001")]));
  return hit.length ? { method: "POST", path: ["market", "prices"], fields: { prices } } : null;
}
