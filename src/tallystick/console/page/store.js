// What the page knows. Views listen to a topic and draw anew when it is told.

export const ROWS_MAX = 10_000;

export const state = {
  session: null, // {url, data}: what commands need
  users: [], // {name, uid, master}
  user: localStorage.getItem("tallystick.user") ?? "",
  view: "", // the view that is shown
  clock: null, // the newest health of the venue
  heardAt: 0, // when it came, by the clock of the page
  lost: null, // {who, why}: who does not tell anything, and why; null while there is a feed
  requests: [],
  events: [],
  lines: { warns: "", liquidates: "" }, // margin ratios at which an account is warned and liquidated
  account: null, // what the user has and owes; see reading.js
};

const heard = new Map();

// Listen to a topic until the returned function is called.
export function on(topic, listener) {
  if (!heard.has(topic)) heard.set(topic, new Set());
  heard.get(topic).add(listener);
  return () => heard.get(topic).delete(listener);
}

export function tell(topic, value) {
  for (const listener of [...(heard.get(topic) ?? [])]) listener(value);
}

export function choose(user) {
  state.user = user;
  state.account = null;
  localStorage.setItem("tallystick.user", user);
  tell("account");
  tell("user");
}

// The venue's time now: what it said last, and what passed since at its speed. A clock under way is not run ahead of.
export function nowMs() {
  const { clock } = state;
  if (!clock) return 0;
  const passes = clock.mode === "real" && !clock.advancing && !state.lost;
  return clock.now_ms + (passes ? Math.floor((performance.now() - state.heardAt) * clock.speed) : 0);
}

// Take in a message of the feed.
export function take(message) {
  if (message.lost !== undefined) {
    lose({ who: message.answers ? "refused" : "venue", why: [message.lost, message.hint].filter(Boolean).join("; ") });
    return;
  }
  lose(null);
  const began = state.clock?.generation !== message.clock.generation;
  const stood = standing(state.clock);
  state.clock = message.clock;
  state.heardAt = performance.now();
  if (message.begins) {
    state.requests = [];
    state.events = [];
  }
  keep(state.requests, message.requests);
  keep(state.events, [...(message.events ?? []), ...(message.notes ?? [])].sort((one, other) => one.at_ms - other.at_ms));
  tell("clock");
  if (message.requests || message.begins) tell("requests", message.begins ? null : message.requests);
  if (message.events || message.notes || message.begins) tell("events", message.begins ? null : message.events);
  if (began) tell("generation");
  else if (stood !== standing(state.clock)) tell("moved");
}

// All of the clock but the time, which passes by itself, with the newest entry of the journal.
function standing(clock) {
  return clock && `${clock.generation} ${clock.seq} ${clock.mode} ${clock.speed}`;
}

let serial = 0;

// Each row gets a number of its own, which tells it apart.
function keep(rows, more = []) {
  for (const row of more) row.serial = serial += 1;
  rows.push(...more);
  if (rows.length > ROWS_MAX) rows.splice(0, rows.length - ROWS_MAX);
}

export function lose(lost) {
  if (state.lost?.who === lost?.who && state.lost?.why === lost?.why) return;
  state.lost = lost;
  tell("lost");
}
