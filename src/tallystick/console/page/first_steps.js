// First steps for somebody who looks at a venue for the first time: debt on credit, a fall, and what comes of it.

import { order } from "./doing.js";
import { el } from "./dom.js";
import { crashForm } from "./market.js";
import { over } from "./over.js";
import { state } from "./store.js";
import { say } from "./words.js";

const KEPT = "tallystick.steps";
const CLOSED = "closed";
const SIZE = "3"; // BTC: with what alice is seeded with, a fall of 30 per cent then warns her, and one of 35 liquidates

// The steps, shut for good by whoever shuts them.
export function firstSteps() {
  const keep = ({ currentTarget: { open } }) => localStorage.setItem(KEPT, open ? "" : CLOSED);
  const does = (key, form) => el("button", { type: "button", click: () => over(say(key), form()) }, say(key));
  return el("details", { class: "steps", open: localStorage.getItem(KEPT) !== CLOSED, toggle: keep },
    el("summary", {}, say("first steps")),
    el("p", { class: "quiet" }, say("first steps about", state.user)),
    el("ol", {},
      el("li", {}, does("step buy", () => order(SIZE)), " ", say("step buy about")),
      el("li", {}, does("step fall", crashForm), " ", say("step fall about")),
      el("li", {}, say("step repay about")),
      el("li", {}, say("step why about")),
      el("li", {}, say("step again about"))));
}
