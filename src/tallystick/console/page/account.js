// The account of a user: what it has and owes, and how near its lines are.

import { ltvChart } from "./chart.js";
import { doings, repayByOne, repayOf } from "./doing.js";
import { firstSteps } from "./first_steps.js";
import { interestTable } from "./interest.js";
import { el, repaint, replace, table } from "./dom.js";
import { compare, cut, percent, product, shown } from "./decimal.js";
import { ltvMeter } from "./meter.js";
import { notices } from "./notices.js";
import { span } from "./moments.js";
import { over } from "./over.js";
import { ltvs } from "./reading.js";
import { repayCards } from "./repays.js";
import { nowMs, on, state } from "./store.js";
import { whyButton } from "./why.js";
import { say } from "./words.js";

const SAID = new Set(["warned", "liquidated"]); // standings of an account that are told in a word

export function account(view) {
  const parts = { summary: el("div", { class: "stats" }), notices: el("div"), debts: el("div"), interest: el("div"), loans: el("div", { class: "loans" }), repays: el("div", { class: "repays" }), balances: el("div") };
  const act = el("section", { "aria-labelledby": "h-act" });
  let acts = null;
  const drawActs = () => {
    acts = state.account === null ? null : doings();
    replace(act, el("h2", { id: "h-act" }, say("act", state.user)), acts ? acts.node : el("p", { class: "quiet" }, say("reading")));
  };
  const know = () => acts?.know();
  const section = (key, part) => el("section", { "aria-labelledby": `h-${key}` }, el("h2", { id: `h-${key}` }, say(key)), part);
  const warned = section("notices", parts.notices);
  const warn = () => {
    const found = notices(state.user);
    repaint(parts.notices, found);
    warned.hidden = !found;
  };
  const steps = el("div");
  const drawSteps = () => repaint(steps, firstSteps());
  replace(view,
    el("h1", { id: "who" }),
    section("summary", parts.summary), warned, steps, section("debts", parts.debts), section("interest", parts.interest), section("loans", parts.loans), section("repays", parts.repays), section("balances", parts.balances), act);
  const draw = () => {
    repaint(view.querySelector("#who"), state.user || say("account"));
    drawn(parts);
    if (!acts && state.account) drawActs();
  };
  drawActs();
  draw();
  drawSteps();
  warn();
  // The forms are drawn when the account is known first, and stay as they are while the numbers above them move.
  const ends = [on("account", draw), on("account", know), on("users", draw), on("user", drawActs), on("user", drawSteps), on("user", warn), on("events", warn), on("events", know)];
  const countdown = setInterval(() => count(parts.summary), 500);
  return () => {
    clearInterval(countdown);
    ends.forEach((end) => end());
  };
}

function drawn(parts) {
  const found = state.account;
  if (!found || found.problem) {
    const said = found ? el("p", { class: "bad", role: "alert" }, found.problem) : el("p", { class: "quiet" }, say("reading"));
    repaint(parts.summary, said);
    for (const name of ["debts", "interest", "loans", "repays", "balances"]) repaint(parts[name]);
    return;
  }
  repaint(parts.summary, summary(found));
  repaint(parts.debts, debts(found));
  repaint(parts.interest, interestTable(found.interest, state.user));
  repaint(parts.loans, loans(found));
  repaint(parts.repays, repayCards(found, state.user));
  repaint(parts.balances, balances(found));
}

function stat(key, value, below, state_) {
  return el("div", { class: `stat ${state_ ?? ""}`, "data-stat": key }, el("p", { class: "name" }, say(key)), el("p", { class: "figure" }, value), el("p", { class: "below" }, below));
}

function summary({ balance, config, limits }) {
  const ratio = balance.mgnRatio;
  const { warns, liquidates } = state.lines;
  const worst = !ratio || !liquidates ? "" : compare(ratio, liquidates) <= 0 ? "liquidated" : warns && compare(ratio, warns) <= 0 ? "warned" : "fine";
  const next = limits ? el("span", { id: "countdown", "data-at": limits.nextInterestTime }, countdown(limits.nextInterestTime)) : "–";
  return [
    stat("equity", shown(cut(balance.totalEq, 2)), "USD"),
    stat("debt", shown(cut(balance.notionalUsdForBorrow, 2)), "USD"),
    stat("margin ratio", [ratio ? shown(cut(ratio, 2)) : "–", " ", SAID.has(worst) ? [el("span", { class: `chip ${worst}` }, say(`ratio ${worst}`)), " "] : null, whyButton("risk", "", say("why risk"))], ratio ? say("margin lines", warns, liquidates) : say("no debt"), worst),
    stat("next interest", next, say(config.spotBorrowAutoRepay === true || config.spotBorrowAutoRepay === "true" ? "auto repay on" : "auto repay off")),
  ];
}

function countdown(at) {
  return say("next interest in", span(Number(at) - nowMs()));
}

function count(part) {
  const node = part.querySelector("#countdown");
  if (node) repaint(node, countdown(node.dataset.at));
}

function debts({ balance, rates, limits }) {
  const owed = balance.details.filter(({ liab }) => liab && compare(liab, "0") > 0);
  if (!owed.length) return el("p", { class: "empty" }, say("no debts", state.user));
  const rate = Object.fromEntries(rates.map(({ ccy, interestRate }) => [ccy, interestRate]));
  const left = Object.fromEntries((limits?.records ?? []).map(({ ccy, surplusLmt }) => [ccy, surplusLmt]));
  return table(say("debts"), [
    { head: say("coin"), cell: ({ ccy }) => ccy },
    { head: say("owed"), number: true, cell: ({ liab }) => amount(liab) },
    { head: say("interest accrued"), number: true, cell: ({ interest }) => amount(interest, 12) },
    { head: say("rate a year"), number: true, cell: ({ ccy }) => (rate[ccy] ? percent(product(rate[ccy], "8760"), 4) : "–") },
    { head: say("quota left"), number: true, cell: ({ ccy }) => amount(left[ccy]) },
    { head: say("actions"), pin: true, cell: ({ ccy }) => el("div", { class: "row" }, el("button", { type: "button", "data-key": `repay ${ccy}`, "aria-label": say("repay coin", ccy), click: () => over(say("repay coin", ccy), repayByOne(ccy)) }, say("repay")), whyButton("debt", ccy, say("why debt", ccy))) },
  ], owed, { key: ({ ccy }) => ccy });
}

// An amount for the eye, with every digit where it is pointed at.
export function amount(text, places = 8) {
  return el("span", { title: text || null }, shown(text, places));
}

function loans({ loans: found }) {
  if (!found.length) return el("p", { class: "empty" }, say("no loans", state.user));
  return found.map((loan, place) => {
    const name = loan.ordId || String(place + 1);
    const list = (coins) => coins.map(({ amt, ccy }) => `${shown(amt)} ${ccy}`).join(", ");
    return el("article", { class: "loan", "data-loan": name, "data-key": name },
      el("h3", {}, say("loan", name)),
      el("p", {}, say("loan is", list(loan.loanData), list(loan.collateralData))),
      ltvMeter(loan),
      ltvChart(ltvs.get(`${state.user} ${name}`) ?? [], loan),
      el("p", { class: "quiet" }, say("worth", shown(cut(loan.loanNotionalUsd, 2)), shown(cut(loan.collateralNotionalUsd, 2)))),
      el("div", { class: "row" }, el("button", { type: "button", "data-key": `repay loan ${name}`, "aria-label": say("repay loan", name), click: () => over(say("repay loan", name), repayOf(loan, place, found.length)) }, say("repay")), whyButton("loan", loan.ordId || "", say("why loan", name))));
  });
}

function balances({ balance, funding }) {
  const coins = new Map();
  for (const row of balance.details) coins.set(row.ccy, { ccy: row.ccy, cash: row.cashBal, available: row.availBal, frozen: row.frozenBal, usd: row.eqUsd, funding: "0" });
  for (const { ccy, bal } of funding) coins.set(ccy, { ccy, cash: "0", available: "0", frozen: "0", usd: "", ...coins.get(ccy), funding: bal });
  const rows = [...coins.values()].filter((row) => [row.cash, row.frozen, row.funding].some((text) => compare(text, "0") !== 0));
  if (!rows.length) return el("p", { class: "empty" }, say("no balances", state.user));
  return table(say("balances"), [
    { head: say("coin"), cell: ({ ccy }) => ccy },
    { head: say("trading"), number: true, cell: ({ cash }) => amount(cash) },
    { head: say("available"), number: true, cell: ({ available }) => amount(available) },
    { head: say("frozen_coins"), number: true, cell: ({ frozen }) => amount(frozen) },
    { head: say("value"), number: true, cell: ({ usd }) => (usd ? shown(cut(usd, 2)) : "–") },
    { head: say("funding"), number: true, cell: ({ funding: own }) => amount(own) },
  ], rows);
}
