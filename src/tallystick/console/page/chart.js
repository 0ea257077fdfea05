// The LTV of a loan over time against its lines, as far as this page has seen it. Only drawings round.

import { el, svg } from "./dom.js";
import { percent } from "./decimal.js";
import { moment } from "./moments.js";
import { say } from "./words.js";

const WIDTH = 600;
const HEIGHT = 120;

export function ltvChart(samples, loan) {
  if (samples.length < 2) return el("p", { class: "quiet" }, say("chart begins"));
  const values = [...samples.map(([, ltv]) => Number(ltv)), Number(loan.marginCallLTV), Number(loan.liqLTV)].filter((value) => value > 0);
  const low = Math.min(...values) * 0.95;
  const high = Math.max(...values) * 1.03;
  const [begin] = samples[0];
  const [end] = samples.at(-1);
  // While the clock stands still only the prices move: then each step is as wide as the next.
  const x = (at, place) => (end > begin ? (at - begin) / (end - begin) : place / (samples.length - 1)) * WIDTH;
  const y = (ltv) => HEIGHT - ((ltv - low) / (high - low)) * HEIGHT;
  const line = (ratio, kind) => (ratio ? svg("line", { class: kind, x1: 0, x2: WIDTH, y1: y(Number(ratio)), y2: y(Number(ratio)) }) : null);
  const points = samples.map(([at, ltv], place) => `${x(at, place).toFixed(1)},${y(Number(ltv)).toFixed(1)}`).join(" ");
  const label = say("chart says", percent(samples[0][1]), moment(begin), percent(samples.at(-1)[1]), moment(end));
  return el("figure", { class: "chart" },
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label, preserveAspectRatio: "none" },
      line(loan.marginCallLTV, "warns"), line(loan.liqLTV, "liquidates"), svg("polyline", { class: "curve", points })),
    el("figcaption", { class: "quiet" }, el("span", {}, moment(begin)), el("span", {}, moment(end))));
}
