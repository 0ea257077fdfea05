// What a user does on the page of an account: borrow, repay, convert, and loans against collateral.

import { action } from "./action.js";
import { compare, shown } from "./decimal.js";
import { el, replace } from "./dom.js";
import { stale } from "./reading.js";
import { asUser, rowsOf } from "./requests.js";
import { state } from "./store.js";
import { say } from "./words.js";

const PAYING = 4; // coins that are suggested to pay with
const COINS = ["USDT", "USDC", "BTC", "ETH"];

// The forms, and `know()`, which fills in what is known of the loans by then.
export function doings() {
  const found = [borrow(), repayByOne(), repay(), autoRepay(), order(), quote(), lend()];
  const { form, know } = repayLoan();
  return { node: el("div", { class: "actions" }, found, form, adjust()), know };
}

function coin(name, label, value = "USDT") {
  return { name, label, value, choices: coins(), open: true };
}

function coins() {
  return [...new Set([...COINS, ...(state.account?.balance?.details ?? []).map(({ ccy }) => ccy)])];
}

function amount(label = say("amount"), value = "") {
  return { name: "amt", label, kind: "amount", value };
}

function borrow() {
  return action({
    title: say("borrow"),
    fields: [coin("ccy", say("coin")), amount()],
    make: ({ ccy, amt }) => (amt ? asUser("/api/v5/account/spot-manual-borrow-repay", { ccy, side: "borrow", amt }) : null),
    done: (answer) => say("borrowed", shown(rowsOf(answer)[0].amt), rowsOf(answer)[0].ccy),
    after: stale,
  }).form;
}

function repay() {
  return action({
    title: say("repay same coin"),
    fields: [coin("ccy", say("coin")), amount()],
    make: ({ ccy, amt }) => (amt ? asUser("/api/v5/account/spot-manual-borrow-repay", { ccy, side: "repay", amt }) : null),
    done: (answer) => say("repaid", shown(rowsOf(answer)[0].amt), rowsOf(answer)[0].ccy),
    after: stale,
  }).form;
}

// Coins that pay for a debt: its own, then those that are held, the one worth most first.
function payingFor(ccy) {
  const held = (state.account?.balance?.details ?? []).filter((row) => row.ccy !== ccy && compare(row.availBal, "0") > 0 && !(row.liab && compare(row.liab, "0") > 0));
  const others = held.sort((one, other) => compare(other.eqUsd || "0", one.eqUsd || "0")).map((row) => row.ccy);
  return [ccy, ...(others.length ? others : [ccy === "BTC" ? "USDT" : "BTC"])].slice(0, PAYING);
}

// The coin that lacks most: of those that are owed, the one whose own coins leave most of it unpaid.
function mostLacking() {
  const owed = (state.account?.balance?.details ?? []).filter(({ liab }) => liab && compare(liab, "0") > 0);
  return owed.sort((one, other) => compare(one.eqUsd || "0", other.eqUsd || "0"))[0]?.ccy;
}

// The form of a one-click repay of this coin, or of any.
export function repayByOne(ccy = mostLacking() ?? "USDT") {
  return action({
    title: say("repay by one click"),
    about: say("repay by one click about"),
    fields: [coin("debt", say("coin of the debt"), ccy), { name: "using", label: say("pay with"), value: payingFor(ccy).join() }],
    make: ({ debt, using }) => {
      const list = using.split(/[\s,]+/).filter(Boolean);
      return list.length ? asUser("/api/v5/trade/one-click-repay-v2", { debtCcy: debt, repayCcyList: list }) : null;
    },
    done: () => [say("repay begun"), state.clock?.mode === "frozen" ? ` ${say("clock stands")}` : ""],
    after: stale,
  }).form;
}

function autoRepay() {
  return action({
    title: say("auto repay"),
    verb: say("switch"),
    about: say("repay by itself"),
    fields: [{ name: "to", label: say("switch to"), kind: "select", choices: [["on", say("turned on")], ["off", say("turned off")]] }],
    make: ({ to }) => asUser("/api/v5/account/set-auto-repay", { autoRepay: to === "on" }),
    after: stale,
  }).form;
}

// The form of an order at the market. Where borrowing is on, coins that lack are borrowed at its fills.
export function order(size = "") {
  const pairs = (state.account?.tickers ?? []).map(({ instId }) => instId);
  return action({
    title: say("buy or sell"),
    verb: say("send the order"),
    about: say("buy or sell about"),
    fields: [
      { name: "inst", label: say("instrument"), value: "BTC-USDT", choices: pairs, open: true },
      { name: "side", label: say("side"), kind: "select", choices: [["buy", say("buy")], ["sell", say("sell")]] },
      amount(say("size"), size),
    ],
    make: ({ inst, side, amt }) =>
      inst && amt ? asUser("/api/v5/trade/order", { instId: inst, tdMode: "cash", side, ordType: "market", sz: amt, tgtCcy: "base_ccy" }) : null,
    done: (answer) => say("order sent", rowsOf(answer)[0].ordId),
    after: stale,
  }).form;
}

// A convert is two calls: a quote, then a trade against it.
function quote() {
  const next = el("div");
  const { form } = action({
    title: say("convert"),
    verb: say("ask for a quote"),
    fields: [coin("base", say("coin to sell"), "BTC"), coin("quote", say("coin to buy"), "USDT"), amount(say("amount to sell"), "0.01")],
    make: ({ base, quote: other, amt }) =>
      amt ? asUser("/api/v5/asset/convert/estimate-quote", { baseCcy: base, quoteCcy: other, side: "sell", rfqSz: amt, rfqSzCcy: base }) : null,
    done: (answer) => {
      const [row] = rowsOf(answer);
      return say("quoted", shown(row.baseSz), row.baseCcy, shown(row.quoteSz), row.quoteCcy, shown(row.cnvtPx));
    },
    after: (answer) => {
      if (answer.answer.code === "0") replace(next, trade(rowsOf(answer)[0]));
    },
  });
  return el("div", { class: "pair" }, form, next);
}

function trade({ quoteId, baseCcy, quoteCcy, side, rfqSz, rfqSzCcy }) {
  return action({
    title: say("trade the quote"),
    make: () => asUser("/api/v5/asset/convert/trade", { quoteId, baseCcy, quoteCcy, side, sz: rfqSz, szCcy: rfqSzCcy }),
    done: (answer) => say("traded", shown(rowsOf(answer)[0].fillBaseSz), baseCcy, shown(rowsOf(answer)[0].fillQuoteSz), quoteCcy),
    after: stale,
  }).form;
}

// A client number that this page uses for one request only: the same number again would mean the same request.
function clientNumber() {
  return `console${Date.now().toString(36)}`;
}

function lend() {
  let clOrdId = clientNumber();
  return action({
    title: say("borrow against collateral"),
    fields: [coin("ccy", say("coin")), amount(), coin("collateral", say("collateral"), "BTC"), { name: "locked", label: say("amount of collateral"), kind: "amount" }],
    make: ({ ccy, amt, collateral, locked }) =>
      amt && locked
        ? asUser("/api/v5/finance/flexible-loan/borrow", { loanData: { ccy, amt }, collateralData: [{ ccy: collateral, amt: locked }], clOrdId })
        : null,
    done: (answer) => say("loan begun", rowsOf(answer)[0].ordId),
    after: () => {
      clOrdId = clientNumber();
      stale();
    },
  }).form;
}

// The form that repays all of a loan, which stands at this place among as many.
export function repayOf({ ordId, loanData: [owed] }, place, count) {
  const open = knownLoans();
  return repayLoan({ ordId: ordId || (open.length === count ? open[place] : ""), ccy: owed.ccy, amt: owed.amt }).form;
}

function repayLoan(begun = { ordId: newestLoan(), ccy: "USDT", amt: "" }) {
  let clOrdId = clientNumber();
  let filled = begun.ordId;
  const { form, inputs, redraw, suggest } = action({
    title: say("repay a loan"),
    fields: [
      { name: "ordId", label: say("number of the loan"), value: begun.ordId, choices: knownLoans(), open: true },
      coin("ccy", say("coin"), begun.ccy),
      amount(say("amount"), begun.amt),
    ],
    make: ({ ordId, ccy, amt }) => (ordId && amt ? asUser("/api/v5/finance/flexible-loan/repay", { ordId, ccy, amt, clOrdId }) : null),
    after: () => {
      clOrdId = clientNumber();
      stale();
    },
  });
  const know = () => {
    suggest("ordId", knownLoans());
    // A number that somebody typed stays.
    if (inputs.ordId.value !== filled) return;
    filled = newestLoan();
    inputs.ordId.value = filled;
    redraw();
  };
  return { form, know };
}

// Numbers of the open loans, oldest first. The older surface names a loan only when it begins: there they are those that
// the feed told of.
function knownLoans() {
  const named = (state.account?.loans ?? []).map(({ ordId }) => ordId).filter(Boolean);
  if (named.length) return named;
  const own = state.events.filter(({ user }) => user === state.user);
  const of = (name) => own.filter(({ kind }) => kind === name).map(({ fields }) => String(fields.loan_id));
  const closed = new Set(of("LoanClosed"));
  return of("LoanOpened").filter((number) => !closed.has(number));
}

function newestLoan() {
  return knownLoans().at(-1) ?? "";
}

function adjust() {
  return action({
    title: say("adjust collateral"),
    fields: [
      { name: "type", label: say("direction"), kind: "select", choices: [["add", say("add")], ["reduce", say("take out")]] },
      coin("ccy", say("coin"), "BTC"),
      amount(),
    ],
    make: ({ type, ccy, amt }) =>
      amt ? asUser("/api/v5/finance/flexible-loan/adjust-collateral", { type, collateralCcy: ccy, collateralAmt: amt }) : null,
    after: stale,
  }).form;
}
