// Packaged scenarios, played on this venue after a reset: chosen, begun, watched and stopped.

import { action, choose } from "./action.js";
import { el, repaint } from "./dom.js";
import { call } from "./net.js";
import { readUsers } from "./reading.js";
import { on, state as known } from "./store.js";
import { either, say } from "./words.js";

const EVERY_MS = 500; // between two looks at a playing
const PAUSES = { 0: "pause none", 1000: "pause second", 3000: "pause three" }; // real ms before each step
const KINDS = { running: "moving", held: "fine", failed: "liquidated", stopped: "frozen" };

export function scenarios(part) {
  const about = el("p", { class: "quiet" });
  const shown = el("div", { class: "about", role: "status" });
  let found = [];
  let running = false;
  const chosen = () => found.find(({ name }) => name === playing.inputs.name.value);
  const tellAbout = () => {
    const one = chosen();
    if (!one) return;
    choose(playing.inputs.variant, one.variants.length ? one.variants : [["", say("none")]]);
    repaint(about, either(one.about, one.about_zh), one.plays ? null : el("b", {}, ` ${say("needs the market", one.market)}`));
    playing.redraw();
  };
  const read = async () => {
    const told = await call({ method: "GET", path: ["scenarios"] });
    if (told.outcome !== "done") {
      repaint(shown, el("p", { class: "bad", role: "alert" }, told.message));
      return;
    }
    found = told.answer.scenarios;
    choose(playing.inputs.name, found.map(({ name, title, title_zh: zh }) => [name, either(title, zh)]));
    tellAbout();
    const over = running && told.answer.playing?.state !== "running";
    running = told.answer.playing?.state === "running";
    const last = told.answer.playing;
    // A story that is over has nothing to do with a venue that began anew.
    repaint(shown, last && (running || last.generation === known.clock?.generation) ? progress(last, found) : null);
    if (over) readUsers();
  };
  const playing = action({
    title: say("play a scenario"),
    about: say("play about"),
    verb: say("play"),
    danger: true,
    confirm: say("play confirm"),
    fields: [
      { name: "name", label: say("scenario"), kind: "select", choices: [] },
      { name: "variant", label: say("variant"), kind: "select", choices: [["", say("none")]] },
      { name: "pause", label: say("pause"), kind: "select", choices: Object.entries(PAUSES).map(([ms, key]) => [ms, say(key)]), value: "1000" },
    ],
    make: ({ name, variant, pause }) => {
      const fields = { pause_ms: Number(pause), wait: false };
      if (variant) fields.variant = variant;
      return name ? { method: "POST", path: ["scenarios", name, "play"], fields } : null;
    },
    done: () => say("play begun"),
    after: read,
  });
  playing.form.querySelector(".fields").after(about);
  playing.inputs.name.addEventListener("change", tellAbout);
  const stopping = action({ title: say("stop playing"), make: () => ({ method: "DELETE", path: ["scenarios"] }), after: read });
  part.append(shown, el("div", { class: "actions" }, playing.form, stopping.form));
  read();
  const timer = setInterval(() => {
    if (running) read();
  }, EVERY_MS);
  const ends = [on("generation", read)];
  return () => {
    clearInterval(timer);
    ends.forEach((end) => end());
  };
}

// How far a playing is, and what came of it.
function progress({ name, variant, state, percent, held, complaints }, found) {
  const one = found.find((each) => each.name === name);
  const title = [one ? either(one.title, one.title_zh) : name, variant].filter(Boolean).join(": ");
  const list = (kind, texts) => (texts.length ? el("ul", { class: kind }, texts.map((text) => el("li", {}, text))) : null);
  return el("article", { class: "loan" },
    el("h3", {}, title, " ", el("span", { class: `chip ${KINDS[state]}` }, say(`play ${state}`))),
    el("div", { class: "row" }, el("progress", { max: "100", value: String(percent), "aria-label": title }), el("span", { class: "quiet" }, `${percent} %`)),
    list("bad", complaints),
    list("good", held),
    el("p", { class: "row" }, el("a", { href: "#account" }, say("watch account")), el("a", { href: "#activity" }, say("watch events"))));
}
