// What the venue is asked and what happens there, as it comes.

import { milliseconds } from "./action.js";
import { el, replace, table } from "./dom.js";
import { loudness } from "./loud.js";
import { timeOfDay, moment } from "./moments.js";
import { explain } from "./why.js";
import { rolling } from "./rolling.js";
import { on, state } from "./store.js";
import { either, lineOf, say } from "./words.js";

export function activity(view) {
  const about = el("div", { class: "about", role: "status" }, el("p", { class: "empty" }, say("choose a row")));
  const asked = rolling(say("requests"), { nothing: say("no requests"), row: requestRow, key: ({ number }) => number, open: (item) => replace(about, requestAbout(item)) });
  const happened = rolling(say("events"), { nothing: say("no events"), row: eventRow, key: ({ serial }) => serial, open: (item) => replace(about, eventAbout(item)) });
  const own = el("input", { id: "only-user", type: "checkbox", change: () => drawAll() });
  const refused = el("input", { id: "only-refused", type: "checkbox", change: () => drawAll() });
  const counts = { requests: el("span", { class: "quiet" }), events: el("span", { class: "quiet" }) };
  const ofUser = ({ user }) => !own.checked || user === state.user;
  const drawRequests = (more) => {
    const fits = (row) => ofUser(row) && (!refused.checked || row.why.length > 0 || isBad(row));
    const rows = state.requests.filter(fits);
    counts.requests.textContent = String(rows.length);
    asked.show(rows, more ? more.filter(fits).length : 0);
  };
  const drawEvents = (more) => {
    const rows = state.events.filter(ofUser);
    counts.events.textContent = String(rows.length);
    happened.show(rows, more ? more.filter(ofUser).length : 0);
  };
  const drawAll = () => {
    drawRequests(null);
    drawEvents(null);
  };
  const column = (name, list) =>
    el("section", { "aria-labelledby": `h-${name}` }, el("div", { class: "row" }, el("h2", { id: `h-${name}` }, say(name)), counts[name]), list.node);
  replace(view,
    el("h1", {}, say("activity")),
    el("div", { class: "row" },
      el("div", { class: "check" }, own, el("label", { for: "only-user" }, say("only of this user"))),
      el("div", { class: "check" }, refused, el("label", { for: "only-refused" }, say("only refused")))),
    el("div", { class: "split" }, column("requests", asked), column("events", happened)),
    el("section", { "aria-labelledby": "h-about" }, el("h2", { id: "h-about" }, say("the row")), about));
  drawAll();
  const ends = [on("requests", drawRequests), on("events", drawEvents), on("user", drawAll)];
  return () => ends.forEach((end) => end());
}

// The time of a row. On a phone its milliseconds are left out.
function atOf({ at_ms: at }) {
  const [time, part] = timeOfDay(at).split(".");
  return el("span", { class: "at" }, time, el("span", { class: "part" }, `.${part}`));
}

function isBad({ code, status }) {
  return status >= 400 || !["0", ""].includes(code);
}

function requestRow(row) {
  return [
    atOf(row),
    el("span", { class: "of" }, row.user || "–"),
    el("span", { class: isBad(row) ? "code bad" : "code good" }, row.code || String(row.status)),
    el("span", { class: "what" }, `${row.method} ${row.operation}`, row.why[0] ? el("span", { class: "why" }, ` ${either(row.why[0].reason, row.why[0].reason_zh)}`) : null, row.lint ? el("span", { class: "lint" }, ` ${row.lint}`) : null, row.fault ? el("span", { class: "why" }, ` ${row.fault}`) : null),
    el("span", { class: "ms" }, milliseconds(row.us)),
  ];
}

function eventRow(row) {
  return [
    atOf(row),
    el("span", { class: "of" }, row.user || "–"),
    el("span", { class: `what ${loudness(row) ?? ""}` }, lineOf(row)),
  ];
}

function pairs(found) {
  return table(say("the row"), [
    { head: say("field"), cell: ([name]) => name },
    { head: say("value of field"), cell: ([, value]) => (typeof value === "string" ? value : JSON.stringify(value)) },
  ], found);
}

function requestAbout(row) {
  const why = row.why.map(({ reason, reason_zh: zh, levers, numbers }) =>
    el("div", { class: "reason" },
      el("p", {}, el("b", {}, either(reason, zh))),
      levers.length ? el("p", {}, say("lever"), " ", levers.map((lever) => el("code", {}, lever))) : null,
      Object.keys(numbers).length ? el("p", { class: "quiet" }, Object.entries(numbers).map(([name, value]) => `${name} ${value}`).join(", ")) : null));
  const facts = [[say("time"), moment(row.at_ms)], [say("user"), row.user], [say("method"), row.method], [say("operation"), row.operation], [say("target"), row.target], [say("status"), row.status], [say("code of answer"), row.code], [say("took"), milliseconds(row.us)], [say("lint"), row.lint], [say("fault"), row.fault]];
  return [...why, pairs(facts.filter(([, value]) => value !== ""))];
}

function eventAbout(row) {
  const facts = [[say("time"), moment(row.at_ms)], [say("user"), row.user], [say("entry"), row.seq]];
  // Its fields have the names of the journal, for programs.
  const held = el("details", {}, el("summary", {}, say("command fields")), pairs([[say("kind"), row.kind], ...Object.entries(row.fields ?? {})]));
  const why = el("div", { class: "about" });
  const ask = row.seq && state.user ? el("button", { type: "button", class: "ask", click: () => explain(why, row.seq), "aria-label": say("why entry", row.seq) }, say("why")) : null;
  return [el("p", {}, el("b", {}, lineOf(row)), " ", ask), why, pairs(facts.filter(([, value]) => value !== "" && value !== undefined && value !== null)), held];
}
