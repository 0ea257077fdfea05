// Controls of the venue's clock. Its progress is shown in the head of every view.

import { action } from "./action.js";
import { el } from "./dom.js";
import { say } from "./words.js";

const SPANS = ["1h", "1d", "7d", "30d"];

export function clockControls(part) {
  const set = (title, fields, make) => action({ title, fields, make: (values) => ({ method: "POST", path: ["clock"], fields: make(values) }) }).form;
  const advance = action({
    title: say("advance"),
    about: say("advance about"),
    fields: [{ name: "by", label: say("by"), value: "1d", choices: SPANS, open: true }],
    make: ({ by }) => (by ? { method: "POST", path: ["clock", "advance"], fields: { by, wait: false } } : null),
    done: () => say("advance begun"),
  }).form;
  const next = action({
    title: say("advance to next"),
    about: say("advance to next about"),
    make: () => ({ method: "POST", path: ["clock", "advance"], fields: { to: "next" } }),
  }).form;
  const speed = action({
    title: say("run"),
    fields: [{ name: "speed", label: say("times as fast"), kind: "amount", value: "60" }],
    make: ({ speed: times }) => (/^\d+$/.test(times) ? { method: "POST", path: ["clock"], fields: { mode: "real", speed: Number(times) } } : null),
  }).form;
  part.append(el("div", { class: "actions" }, advance, next, set(say("freeze"), [], () => ({ mode: "frozen" })), speed));
}
