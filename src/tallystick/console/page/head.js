// The head of the page: the venue's clock, the user, the views, language and colours.

import { el, repaint, replace } from "./dom.js";
import { choose, nowMs, on, state } from "./store.js";
import { THEMES, chosenColours, colours } from "./looks.js";
import { TONGUES, say, tongue, use } from "./words.js";
import { moment } from "./moments.js";


export function head(views) {
  const bar = el("header");
  const draw = () => repaint(bar, el("div", { class: "bar" }, brand(), clock(), who(), looks()), tabs(views));
  colours();
  on("language", draw);
  draw();
  setInterval(tick, 100);
  on("clock", tick);
  on("users", () => pick(bar));
  on("user", () => pick(bar));
  on("view", (name) => mark(bar, name));
  return bar;
}

function brand() {
  return el("p", { class: "brand" }, el("b", {}, "Tallystick"), " ", el("span", { class: "quiet" }, say("console")));
}

function clock() {
  const found = el("div", { class: "clock", role: "group", "aria-label": say("clock") },
    el("time", { id: "now" }, "–"), el("span", { id: "pace", class: "chip" }), el("progress", { id: "progress", max: "100", hidden: true, "aria-label": say("advancing") }));
  requestAnimationFrame(tick);
  return found;
}

function tick() {
  const { clock: found } = state;
  const now = document.getElementById("now");
  if (!found || !now) return;
  write(now, moment(nowMs()));
  const pace = document.getElementById("pace");
  const advancing = found.advancing;
  write(pace, advancing ? `${say("advancing")} ${advancing.percent} %` : found.mode === "frozen" ? say("frozen") : say("runs", found.speed));
  pace.className = `chip ${advancing ? "moving" : found.mode}`;
  const progress = document.getElementById("progress");
  progress.hidden = !advancing;
  if (advancing) progress.value = advancing.percent;
}

// Text that has not changed is left alone, for readers of the screen.
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function who() {
  return el("div", { class: "who" }, picker());
}

// The picker with the users there are: it stays the same element, as somebody may be choosing just now.
function pick(bar) {
  repaint(bar.querySelector(".who"), picker());
  bar.querySelector("#user").value = state.user;
}

function picker() {
  const name = ({ name, master }) => el("option", { value: name, "data-key": name, selected: name === state.user }, master ? `${master} / ${name}` : name);
  const sorted = [...state.users].sort((one, other) => place(one).localeCompare(place(other)));
  return [
    el("label", { for: "user" }, say("user")),
    el("select", { id: "user", "data-key": "user", change: (event) => choose(event.target.value) }, sorted.map(name)),
  ];
}

function place({ name, master }) {
  return master ? `${master} ${name}` : name;
}

function looks() {
  const language = el("select", { "aria-label": say("language"), "data-key": "language", change: (event) => use(event.target.value) },
    Object.entries(TONGUES).map(([code, name]) => el("option", { value: code, selected: code === tongue(), lang: code }, name)));
  const now = chosenColours();
  const theme = el("select", { "aria-label": say("colours"), "data-key": "colours", change: (event) => colours(event.target.value) },
    THEMES.map((name) => el("option", { value: name, "data-key": name, selected: name === now }, say(`colours ${name}`))));
  return el("div", { class: "looks" }, language, theme);
}

function tabs(views) {
  const shown = location.hash.slice(1).split("/")[0] || views[0];
  return el("nav", { "aria-label": say("views") },
    views.map((name) => el("a", { href: `#${name}`, "data-view": name, "data-key": `view ${name}`, "aria-current": name === shown ? "page" : null }, say(name))));
}

function mark(bar, shown) {
  for (const link of bar.querySelectorAll("[data-view]")) {
    if (link.dataset.view === shown) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}
