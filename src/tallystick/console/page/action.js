// A control: a form that makes one public call, shows it in three forms, carries it out, and says what came of it.

import { el, repaint, replace } from "./dom.js";
import { call } from "./net.js";
import { asCurl, asPython, asTally } from "./snippets.js";
import { state } from "./store.js";
import { either, say } from "./words.js";

const FORMS = { curl: asCurl, tally: asTally, Python: asPython };

let number = 0;

// `fields` are {name, label, kind: text | amount | select | check, choices, value, optional, about}. `make(values)` gives the
// call, or null while something is missing. `done(answer)` gives words for what happened. `after` is called then. With
// `confirm` it is sent only after somebody has read that and agreed.
export function action({ title, verb, fields = [], make, done, after, danger = false, about = "", confirm = "" }) {
  const own = `action${(number += 1)}`;
  const inputs = Object.fromEntries(fields.map((field) => [field.name, input(own, field)]));
  const said = el("p", { role: "status", class: "said" });
  const shown = el("div", { class: "calls" });
  const button = el("button", { class: danger ? "danger" : "main" }, verb ?? title);
  const values = () => Object.fromEntries(fields.map(({ name, kind }) => [name, kind === "check" ? inputs[name].checked : inputs[name].value.trim()]));
  const made = () => {
    try {
      return make(values());
    } catch (problem) {
      if (problem instanceof RangeError) return null;
      throw problem;
    }
  };
  const draw = () => {
    if (details.open) repaint(shown, snippets(made()));
  };
  const details = el("details", { toggle: draw }, el("summary", {}, say("show the call")), shown);
  const submit = async (event) => {
    event.preventDefault();
    const asked = made();
    if (!asked) {
      tellOf(said, "bad", say("not complete"));
      return;
    }
    if (confirm && !(await agreed(confirm, verb ?? title))) return;
    button.disabled = true;
    tellOf(said, "", say("under way"));
    const told = await call(asked);
    button.disabled = false;
    await report(said, asked, told, done);
    if (told.outcome === "done") after?.(told.answer);
    draw();
  };
  const form = el("form", { class: "action", "aria-label": title, submit, input: draw, change: draw },
    el("h3", {}, title),
    about ? el("p", { class: "quiet" }, about) : null,
    fields.length ? el("div", { class: "fields" }, fields.map((field) => labelled(own, field, inputs[field.name]))) : null,
    el("div", { class: "row" }, button),
    said, details);
  // Other suggestions for an open field, which take nothing away from what is typed.
  const suggest = (name, found) => repaint(form.querySelector(`#${own}-${name}-list`), found.map((value) => el("option", { value })));
  return { form, inputs, redraw: draw, suggest };
}

// Ask over the page whether to go on. What is asked for first has the focus: not to.
function agreed(text, verb) {
  return new Promise((resolve) => {
    const answer = (yes) => () => {
      resolve(yes);
      dialog.close();
    };
    const no = el("button", { type: "button", click: answer(false) }, say("cancel"));
    const yes = el("button", { type: "button", class: "danger", click: answer(true) }, verb);
    const dialog = el("dialog", { "aria-label": verb, close: () => { resolve(false); dialog.remove(); } },
      el("h2", {}, verb), el("p", {}, text), el("div", { class: "row" }, yes, no));
    document.body.append(dialog);
    dialog.showModal();
    no.focus();
  });
}

function labelled(own, { name, label, kind, choices, open }, node) {
  const id = `${own}-${name}`;
  const list = open ? el("datalist", { id: `${id}-list` }, choices.map((value) => el("option", { value }))) : null;
  return el("div", { class: kind === "check" ? "field check" : "field" }, el("label", { for: id }, label), node, list);
}

function input(own, { name, kind = "text", choices = [], value = "", optional = false, open = false, placeholder = null }) {
  const id = `${own}-${name}`;
  if (kind === "select") return el("select", { id, name }, options(choices, value));
  if (kind === "check") return el("input", { id, name, type: "checkbox", checked: value });
  return el("input", {
    id, name, value, required: !optional, placeholder, autocomplete: "off", spellcheck: "false", autocapitalize: "none",
    inputmode: kind === "amount" ? "decimal" : null, list: open ? `${id}-list` : null, maxlength: "200",
  });
}

// Options of a choice: texts, or [value, text].
export function options(choices, chosen) {
  return choices.map((one) => {
    const [value, text] = Array.isArray(one) ? one : [one, one];
    return el("option", { value, selected: value === chosen }, text);
  });
}

// Put other choices in place of those of a select, and keep what is chosen where it is still there.
export function choose(select, choices) {
  const before = select.value;
  if ([...select.options].map(({ value, text }) => `${value} ${text}`).join() === choices.map((one) => [one, one].flat().slice(0, 2).join(" ")).join()) return;
  select.replaceChildren(...options(choices, before));
}

function tellOf(said, kind, ...words) {
  said.className = `said ${kind}`;
  replace(said, ...words);
}

async function report(said, asked, told, done) {
  const took = el("span", { class: "quiet" }, ` ${milliseconds(told.us)}`);
  if (told.outcome === "unknown") tellOf(said, "bad", say("outcome unknown"), " ", told.message, " ", told.hint ?? "");
  else if (told.outcome !== "done") tellOf(said, "bad", [told.message, told.hint].filter(Boolean).join("; "), took);
  else if (told.answer.answer && told.answer.answer.code !== "0") await reportRefusal(said, asked, told.answer.answer, took);
  else tellOf(said, "good", done?.(told.answer) ?? say("done"), took);
}

// A refusal of the API in its code and text, with the reason that the venue keeps for it.
async function reportRefusal(said, asked, { code, msg, data }, took) {
  const kept = await call({ method: "GET", path: ["refusals"], fields: { last: "20" } });
  const found = kept.outcome === "done" ? kept.answer.requests.findLast(({ user, why }) => user === asked.path[1] && why.length) : null;
  const why = found?.why.map(({ reason, reason_zh: zh, levers }) => el("span", { class: "why" }, ` ${either(reason, zh)}${levers.length ? `: ${levers.join(" | ")}` : ""}`)) ?? [];
  const item = data?.[0]?.sMsg ? ` ${data[0].sCode} ${data[0].sMsg}` : "";
  tellOf(said, "bad", `${code} ${msg}${item}`, why, took);
}

export function milliseconds(us) {
  return `${(us / 1000).toFixed(1)} ms`;
}

function snippets(asked) {
  if (!asked) return el("p", { class: "quiet" }, say("not complete"));
  return Object.entries(FORMS).map(([name, write]) => {
    const text = write(asked, state.session);
    const copy = async ({ currentTarget: button }) => {
      const copied = button.nextElementSibling;
      try {
        await navigator.clipboard.writeText(text);
        copied.textContent = say("copied");
      } catch {
        copied.textContent = say("not copied");
      }
    };
    return el("div", { class: "call" },
      el("div", { class: "row" }, el("b", {}, name), el("button", { type: "button", click: copy, "aria-label": say("copy as", name) }, say("copy")), el("span", { role: "status", class: "quiet" })),
      el("pre", { tabindex: "0", "aria-label": name, "data-form": name }, text));
  });
}
