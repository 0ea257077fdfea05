// Interest that was charged, the newest hour first, each row with its reason.

import { el, table } from "./dom.js";
import { percent, product, shown } from "./decimal.js";
import { moment } from "./moments.js";
import { say } from "./words.js";
import { openHour } from "./why.js";

const SHOWN = 6;

export function interestTable(rows, user) {
  if (!rows.length) return el("p", { class: "empty" }, say("no interest", user));
  const why = (row) => say("why interest", row.ccy, moment(Number(row.ts)));
  const exact = (text, places) => el("span", { title: text }, shown(text, places));
  return table(say("interest"), [
    { head: say("coin"), cell: ({ ccy }) => ccy },
    { head: say("time"), cell: ({ ts }) => moment(Number(ts)) },
    { head: say("interest of the hour"), number: true, cell: ({ interest }) => exact(interest, 12) },
    { head: say("on debt"), number: true, cell: ({ liab }) => exact(liab, 8) },
    { head: say("rate a year"), number: true, cell: ({ interestRate }) => percent(product(interestRate, "8760"), 4) },
    { head: say("why"), pin: true, cell: (row) => el("button", { type: "button", class: "ask", "data-key": `why ${row.ccy} ${row.ts}`, "aria-label": why(row), click: () => openHour(row, why(row)) }, say("why")) },
  ], rows.slice(0, SHOWN), { key: ({ ccy, ts }) => `${ccy} ${ts}` });
}
