// The LTV of a loan against its lines, as a bar from 0 to 100 per cent.

import { el, svg } from "./dom.js";
import { compare, percent } from "./decimal.js";
import { say } from "./words.js";

const WIDTH = 600;
const HEIGHT = 34;

export function standingOf({ curLTV, marginCallLTV, liqLTV }) {
  if (!curLTV) return "";
  if (liqLTV && compare(curLTV, liqLTV) >= 0) return "liquidated";
  return marginCallLTV && compare(curLTV, marginCallLTV) >= 0 ? "warned" : "fine";
}

export function ltvMeter(loan) {
  const standing = standingOf(loan);
  const label = say("ltv lines", percent(loan.curLTV), percent(loan.marginCallLTV), percent(loan.liqLTV));
  return el("div", { class: `meter ${standing}` },
    el("p", { class: "ltv" }, el("b", {}, `${say("ltv")} ${percent(loan.curLTV)}`), " ", standing ? el("span", { class: `chip ${standing}` }, say(`ltv ${standing}`)) : null),
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label, preserveAspectRatio: "none" },
      svg("rect", { class: "track", x: 0, y: 10, width: WIDTH, height: 14, rx: 3 }),
      svg("rect", { class: "fill", x: 0, y: 10, width: across(loan.curLTV), height: 14, rx: 3 }),
      line(loan.marginCallLTV, "warns"), line(loan.liqLTV, "liquidates")),
    el("p", { class: "lines" }, el("span", { class: "warns" }, say("warned at", percent(loan.marginCallLTV))), " ", el("span", { class: "liquidates" }, say("liquidated at", percent(loan.liqLTV)))));
}

// A place on the bar. Only drawings round.
function across(ratio) {
  return Math.min(1, Number(ratio || "0")) * WIDTH;
}

function line(ratio, kind) {
  return ratio ? svg("line", { class: kind, x1: across(ratio), x2: across(ratio), y1: 2, y2: HEIGHT - 2 }) : null;
}
