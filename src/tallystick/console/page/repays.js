// One-click repays of a user, the newest first, leg by leg.

import { el, table } from "./dom.js";
import { shown } from "./decimal.js";
import { moment, timeOfDay } from "./moments.js";
import { say } from "./words.js";

const SHOWN = 5;
const LEGS = { filled: "leg filled", canceled: "leg canceled" };
const STATES = { running: "repay runs", filled: "repay over", failed: "repay failed" };

export function repayCards({ repays }, user) {
  if (!repays.length) return el("p", { class: "empty" }, say("no repays", user));
  return repays.slice(0, SHOWN).map((run) => {
    const status = STATES[run.status] ? say(STATES[run.status]) : run.status;
    return el("article", { class: "loan", "data-repay": run.ts, "data-key": run.ts },
      el("h3", {}, say("repay of", run.debtCcy, run.repayCcyList.join(", ")), " ", el("span", { class: `chip ${run.status === "failed" ? "liquidated" : run.status === "running" ? "moving" : "fine"}` }, status)),
      el("p", { class: "quiet" }, `${moment(Number(run.ts))} · ${say("repaid so far", shown(run.fillDebtSz), run.debtCcy)}`),
      run.ordIdInfo.length ? legs(run) : null);
  });
}

function legs(run) {
  return table(say("legs"), [
    { head: say("time"), cell: ({ cTime }) => timeOfDay(Number(cTime)) },
    { head: say("instrument"), cell: ({ instId }) => instId },
    { head: say("side"), cell: ({ side }) => say(side) },
    { head: say("size"), number: true, cell: ({ sz }) => shown(sz) },
    { head: say("filled"), number: true, cell: ({ fillSz }) => shown(fillSz) },
    { head: say("price"), number: true, cell: ({ fillPx }) => shown(fillPx) },
    { head: say("state"), cell: ({ state }) => (LEGS[state] ? say(LEGS[state]) : state) },
  ], [...run.ordIdInfo].reverse());
}
