// Reads what a user has and owes, by calls that change nothing, as often as something may have changed.

import { asUser, call } from "./net.js";
import { state, tell } from "./store.js";

const LEAST_MS = 250; // between two readings, while they are shown
const ELSEWHERE_MS = 1000; // the same for other views, where the LTV is still sampled
const RUNNING_MS = 2000; // between two while the venue's clock runs and nothing else happens
const SAMPLES_MAX = 2000; // of the LTV of one loan

let due = true;
let readAt = 0;
let reading = false;

// LTV over time, by user and loan: [time of the venue in ms, LTV].
export const ltvs = new Map();

export async function readUsers() {
  const told = await call({ method: "GET", path: ["users"] });
  if (told.outcome !== "done") return;
  state.users = told.answer.users;
  if (!state.users.some(({ name }) => name === state.user)) {
    state.user = state.users[0]?.name ?? "";
    state.account = null;
    due = true;
    tell("user");
  }
  tell("users");
}

// The lines of the margin ratio, which are numbers of the exchange that anybody may change.
export async function readLines() {
  const told = await call({ method: "GET", path: ["parameters"] });
  if (told.outcome !== "done") return;
  const { spot_warning_ratio: warns, spot_liquidation_ratio: liquidates } = told.answer.constants;
  state.lines = { warns: warns.value, liquidates: liquidates.value };
  tell("account");
}

// Have everything read anew soon.
export function stale() {
  due = true;
}

export function beginReading() {
  setInterval(() => {
    const clockRuns = state.clock && (state.clock.mode === "real" || state.clock.advancing);
    const since = performance.now() - readAt;
    if (reading || !state.user || state.lost || since < (state.view === "account" ? LEAST_MS : ELSEWHERE_MS)) return;
    if (due || (clockRuns && since > RUNNING_MS)) read();
  }, 50);
}

async function read() {
  reading = true;
  due = false;
  const user = state.user;
  const generation = state.clock?.generation;
  try {
    const found = await accountOf(user);
    if (user === state.user) {
      state.account = found;
      if (generation === state.clock?.generation) sample(user, found);
      tell("account");
    }
  } catch (problem) {
    if (user === state.user) {
      state.account = { problem: problem.message };
      tell("account");
    }
  } finally {
    readAt = performance.now();
    reading = false;
  }
}

async function accountOf(user) {
  const ask = (path) => asUser(user, path);
  // Accounts that may not borrow have no such calls: that is no failure.
  const ifAllowed = (path) => asUser(user, path).catch(() => []);
  const [[balance], [config], funding, rates, [limits], interest, loans, repays, tickers] = await Promise.all([
    ask("/api/v5/account/balance"),
    ask("/api/v5/account/config"),
    ifAllowed("/api/v5/asset/balances"),
    ifAllowed("/api/v5/account/interest-rate"),
    ifAllowed("/api/v5/account/interest-limits"),
    ifAllowed("/api/v5/account/interest-accrued?limit=20"),
    ifAllowed("/api/v5/finance/flexible-loan/loan-info"),
    ifAllowed("/api/v5/trade/one-click-repay-history-v2"),
    ifAllowed("/api/v5/market/tickers?instType=SPOT"),
  ]);
  return { balance, config, funding, rates, limits: limits ?? null, interest, loans, repays, tickers, at: state.clock?.now_ms ?? 0 };
}

function sample(user, { loans, at }) {
  for (const [place, loan] of loans.entries()) {
    const key = `${user} ${loan.ordId || place + 1}`;
    const found = ltvs.get(key) ?? [];
    const last = found.at(-1);
    if (loan.curLTV && (!last || at > last[0])) found.push([at, loan.curLTV]);
    else if (loan.curLTV && last && at === last[0] && last[1] !== loan.curLTV) found.push([at, loan.curLTV]);
    if (found.length > SAMPLES_MAX) found.splice(0, found.length - SAMPLES_MAX);
    ltvs.set(key, found);
  }
}
