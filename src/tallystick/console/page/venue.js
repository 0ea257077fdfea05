// The venue itself: its clock, scenarios, users, lenders, faults and snapshots.

import { clockControls } from "./clock.js";
import { faults } from "./faults.js";
import { fund } from "./fund.js";
import { lenders } from "./lenders.js";
import { people } from "./people.js";
import { scenarios } from "./scenarios.js";
import { snapshots } from "./snapshots.js";
import { el, replace } from "./dom.js";
import { say } from "./words.js";

const PARTS = { clock: clockControls, scenarios, people, lenders, fund, faults, snapshots };

export function venue(view) {
  const ends = [];
  replace(view, el("h1", {}, say("venue")), Object.entries(PARTS).map(([name, begin]) => {
    const part = el("section", { "aria-labelledby": `h-${name}` }, el("h2", { id: `h-${name}` }, say(`h ${name}`)));
    ends.push(begin(part));
    return part;
  }));
  return () => ends.forEach((end) => end?.());
}
