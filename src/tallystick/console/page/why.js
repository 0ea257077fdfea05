// Why something is as it is: the chain of events behind a row, and for each its entry, prices, rules and decisions.

import { el, repaint, replace, table } from "./dom.js";
import { cut, percent, shown } from "./decimal.js";
import { moment } from "./moments.js";
import { call } from "./net.js";
import { differences } from "./differences.js";
import { loudness } from "./loud.js";
import { state } from "./store.js";
import { either, lineOf, say } from "./words.js";

const PAGES_MAX = 5; // of a thousand entries each, that are searched for the events of a chain
const PAGE = 1000;
const EVENTS_SHOWN = 12;

// Kinds of events that change a debt, a loan or the risk of an account, and how they are told apart by what is asked.
const CHAINS = {
  debt: ({ kind, fields }, ccy) => ["Borrowed", "Repaid", "DebtCovered"].includes(kind) && fields.ccy === ccy,
  loan: ({ kind, fields }, id) => kind.startsWith("Loan") && kind !== "LoanRequestDone" && (!id || String(fields.loan_id) === id),
  risk: ({ kind }) => ["SpotWarned", "LiquidationStarted", "LiquidationEnded", "LiquidationFeeTaken", "DebtCovered"].includes(kind),
};

// A button that opens the chain of a row.
export function whyButton(kind, what, label) {
  return el("button", { type: "button", class: "ask", "data-key": `why ${kind} ${what}`, "aria-label": label, click: () => openChain(kind, what, label) }, say("why"));
}

function opened(title) {
  const content = el("div", { class: "about" }, el("p", { class: "quiet" }, say("reading")));
  const close = el("button", { type: "button", click: () => dialog.close() }, say("close"));
  const dialog = el("dialog", { class: "wide", "aria-label": title, close: () => dialog.remove() }, el("div", { class: "over" }, el("h2", {}, title), close), content);
  document.body.append(dialog);
  dialog.showModal();
  close.focus();
  return content;
}

// One entry, explained.
export async function openEntry(seq, title) {
  await explain(opened(title), seq);
}

// The entry that charged the interest of an hour, explained, with the interest as it is worked out.
export async function openHour({ ts, ccy, liab, interest, interestRate }, title) {
  const content = opened(title);
  const seq = await entryOfHour(Number(ts));
  if (!seq) {
    replace(content, el("p", { class: "empty" }, say("no chain")));
    return;
  }
  const below = el("div", { class: "about" });
  replace(content, el("p", {}, say("interest worked", shown(liab, 18), ccy, shown(interestRate, 18), shown(interest, 18))), below);
  await explain(below, seq);
}

// The number of the entry in which this full hour passed, 0 where the newest entries do not have it.
async function entryOfHour(at) {
  const newest = state.clock?.seq ?? 0;
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const after = Math.max(0, newest - page * PAGE);
    const told = await call({ method: "GET", path: ["journal"], fields: { after: String(after), limit: String(PAGE) } });
    if (told.outcome !== "done") return 0;
    const found = told.answer.entries.find(({ at_ms: ms, events }) => ms === at && events.some(([kind]) => kind === "HourPassed"));
    if (found || after === 0) return found?.seq ?? 0;
  }
  return 0;
}

async function openChain(kind, what, title) {
  const content = opened(title);
  const found = (await lastEvents()).filter((row) => row.user === state.user && CHAINS[kind](row, what));
  if (!found.length) {
    replace(content, el("p", { class: "empty" }, say("no chain")));
    return;
  }
  const below = el("div", { class: "about" });
  const pick = (row) => explain(below, row.seq);
  replace(content,
    table(title, [
      { head: say("time"), cell: ({ at_ms: at }) => moment(at) },
      { head: say("what happened"), cell: lineOf },
      { head: say("entry"), number: true, cell: (row) => el("button", { type: "button", click: () => pick(row), "aria-label": say("why entry", row.seq) }, String(row.seq)) },
    ], [...found].reverse(), { folds: true }),
    below);
  pick(found.at(-1));
}

// Events of the newest entries, oldest first.
async function lastEvents() {
  const newest = state.clock?.seq ?? 0;
  let after = Math.max(0, newest - PAGES_MAX * PAGE);
  const found = [];
  while (after < newest) {
    const told = await call({ method: "GET", path: ["events"], fields: { after: String(after), limit: String(PAGE) } });
    if (told.outcome !== "done" || told.answer.next === after) break;
    found.push(...told.answer.events);
    after = told.answer.next;
  }
  return found;
}

// Why an entry did what it did to the user: in the node.
export async function explain(node, seq) {
  if (!node.hasChildNodes()) replace(node, el("p", { class: "quiet" }, say("reading")));
  const told = await call({ method: "GET", path: ["users", state.user, "why"], fields: { seq: String(seq) } });
  if (told.outcome !== "done") {
    repaint(node, el("p", { class: "bad", role: "alert" }, [told.message, told.hint].filter(Boolean).join("; ")));
    return;
  }
  const { answer } = told;
  const list = (places, make) => (places.length ? el("ul", {}, places.map((place) => el("li", {}, make(place)))) : el("p", { class: "quiet" }, say("none")));
  repaint(node,
    el("h3", {}, say("entry at", answer.seq, moment(answer.at_ms))),
    commandOf(answer.command),
    el("h4", {}, say("it made happen")),
    happened(answer.events),
    el("h4", {}, say("before and after", state.user)),
    differences(answer.before, answer.after),
    el("h4", {}, say("lines then")),
    linesOf(answer),
    el("h4", {}, say("rules")), list(answer.rules, ({ place, words, words_zh: zh, source, source_zh: from }) => [el("p", { class: "rule" }, either(words, zh)), el("p", { class: "quiet" }, either(source, from), " ", manual(`${either("", "zh/")}rules/${place.replace(".md#", "#")}`, `docs/rules/${place}`))]),
    el("h4", {}, say("decisions")), list(answer.decisions, ({ page, title, title_zh: zh, source }) => [manual(`decisions/${page}`, either(title, zh)), either("", ` ${say("english only")}`), " ", el("span", { class: "chip" }, say(`source ${source}`)), " ", el("span", { class: "quiet" }, `docs/decisions/${page}.md`)]));
}

// All events of an entry. Of many, such as those of a liquidation, the first are shown and the others are folded away.
function happened(events) {
  const line = (event) => el("li", { class: loudness(event) }, lineOf(event), event.user && event.user !== state.user ? el("span", { class: "quiet" }, ` ${event.user}`) : null);
  const rest = events.slice(EVENTS_SHOWN);
  return [
    el("ul", {}, events.slice(0, EVENTS_SHOWN).map(line)),
    rest.length ? el("details", { "data-key": "rest" }, el("summary", {}, say("and more", rest.length)), el("ul", {}, rest.map(line))) : null,
  ];
}

// A link to a page of the manual, which the console itself serves.
function manual(place, text) {
  return el("a", { href: `/manual/${place}`, target: "_blank", rel: "noopener" }, text);
}

// What was asked for, in words; its name and fields, for programs, are folded away.
function commandOf(command) {
  return [
    el("h4", {}, say("command")),
    el("p", {}, lineOf(command), command.user ? el("span", { class: "quiet" }, ` ${command.user}`) : null),
    el("details", { "data-key": "command" }, el("summary", { class: "quiet" }, say("command fields")), el("code", {}, `${command.name} ${fieldsOf(command.fields)}`)),
  ];
}

function fieldsOf(fields) {
  return Object.entries(fields).map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`).join(" ");
}

// How near the lines the user was, and at which prices.
function linesOf({ before, after }) {
  const { prices } = after;
  // A loan that ended here has its lines in the moment before.
  const loans = after.loans.length ? after.loans : before.loans;
  const near = loans.map((loan, place) => say("loan line", loan.ordId || place + 1, percent(loan.curLTV), percent(loan.marginCallLTV), percent(loan.liqLTV)));
  const [stood, stands] = [before, after].map((moment) => (moment.balance[0]?.mgnRatio ? shown(cut(moment.balance[0].mgnRatio, 4)) : ""));
  if (stood || stands) near.push(say("margin then", stood || "–", stands || "–"));
  const coins = Object.entries(prices).map(([inst, px]) => `${inst} ${shown(px)}`);
  return el("ul", {}, [...near, say("prices then", coins.join(", "))].map((text) => el("li", {}, text)));
}
