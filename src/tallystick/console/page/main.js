// Begins the page: asks for the code where it must, then shows the view that the address names.

import { el, replace } from "./dom.js";
import { head } from "./head.js";
import { begin, listen, session } from "./net.js";
import { beginReading, ltvs, readLines, readUsers, stale } from "./reading.js";
import { lose, on, state, take, tell } from "./store.js";
import { account } from "./account.js";
import { activity } from "./activity.js";
import { market } from "./market.js";
import { past } from "./past.js";
import { venue } from "./venue.js";
import { say, tongue, use } from "./words.js";

const VIEWS = { account, market, venue, activity, past };
const FIRST = "account";

let leave = () => {};

async function start() {
  use(tongue());
  try {
    state.session = await session();
  } catch (problem) {
    replace(document.body, el("main", { class: "alone" }, el("h1", {}, "Tallystick"), el("p", { role: "alert" }, problem.message)));
    return;
  }
  if (state.session === null) askForCode();
  else show();
}

function askForCode() {
  const said = el("p", { role: "alert", class: "bad" });
  const code = el("input", { id: "code", autocomplete: "off", autocapitalize: "none", spellcheck: "false", required: true, maxlength: "20" });
  const submit = async (event) => {
    event.preventDefault();
    try {
      await begin(code.value);
      state.session = await session();
      show();
    } catch (problem) {
      replace(said, [problem.message, problem.hint].filter(Boolean).join("; "));
      code.select();
    }
  };
  replace(document.body,
    el("main", { class: "alone" },
      el("h1", {}, "Tallystick"),
      el("p", {}, say("code about")),
      el("form", { submit },
        el("label", { for: "code" }, say("code")),
        el("div", { class: "row" }, code, el("button", { class: "main" }, say("code go")))),
      said));
  code.focus();
}

function show() {
  const view = el("main", { id: "view", tabindex: "-1" });
  const lost = el("div", { role: "alert", class: "lost" });
  replace(document.body, el("a", { class: "jump", href: "#view", click: (event) => { event.preventDefault(); view.focus(); } }, say("jump")), head(Object.keys(VIEWS)), lost, view);
  const tellLost = () => replace(lost, state.lost ? el("p", {}, say(`lost ${state.lost.who}`), " ", el("span", { class: "quiet" }, state.lost.why)) : null);
  on("lost", tellLost);
  on("language", tellLost);
  const open = () => {
    leave();
    const name = location.hash.slice(1).split("/")[0];
    const found = VIEWS[name] ? name : FIRST;
    state.view = found;
    document.title = `${say(found)} – Tallystick`;
    leave = VIEWS[found](view) ?? (() => {});
    tell("view", found);
  };
  window.addEventListener("hashchange", open);
  on("language", open);
  on("generation", () => {
    ltvs.clear();
    readUsers();
    readLines();
    stale();
  });
  on("moved", stale);
  on("user", stale);
  on("events", (events) => {
    if (!events || events.some(({ kind }) => kind === "UserCreated")) readUsers();
    if (events?.some(({ kind }) => kind === "ParametersChanged")) readLines();
  });
  open();
  readUsers();
  beginReading();
  listen(take, (why, status) => {
    if (status === 401) location.reload();
    lose({ who: status ? "refused" : "console", why });
  });
}

start();
