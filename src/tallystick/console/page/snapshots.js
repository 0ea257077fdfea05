// Snapshots and reset: the whole venue saved under a name, and put back.

import { action, choose } from "./action.js";
import { el, repaint, table } from "./dom.js";
import { moment } from "./moments.js";
import { call } from "./net.js";
import { on } from "./store.js";
import { say } from "./words.js";

export function snapshots(part) {
  const seen = el("div");
  const draw = (found) => {
    repaint(seen, found.length ? snapshotTable(found) : el("p", { class: "empty" }, say("no snapshots")));
    for (const each of [restoring, deleting]) choose(each.inputs.name, found.map(({ name }) => name));
  };
  const read = async () => {
    const told = await call({ method: "GET", path: ["snapshots"] });
    if (told.outcome === "done") draw(told.answer.snapshots);
    else repaint(seen, el("p", { class: "bad", role: "alert" }, told.message));
  };
  const saved = { name: "name", label: say("name"), kind: "select", choices: [] };
  const saving = action({
    title: say("save a snapshot"),
    fields: [{ name: "name", label: say("name"), value: "before" }],
    make: ({ name }) => (name ? { method: "POST", path: ["snapshots"], fields: { name } } : null),
    after: read,
  });
  const restoring = action({
    title: say("restore a snapshot"),
    about: say("restore about"),
    danger: true,
    confirm: say("restore about"),
    fields: [saved],
    make: ({ name }) => (name ? { method: "POST", path: ["snapshots", name, "restore"] } : null),
  });
  const deleting = action({
    title: say("delete a snapshot"),
    danger: true,
    fields: [saved],
    make: ({ name }) => (name ? { method: "DELETE", path: ["snapshots", name] } : null),
    after: read,
  });
  const resetting = action({ title: say("reset"), about: say("reset about"), danger: true, confirm: say("reset about"), make: () => ({ method: "POST", path: ["reset"] }) });
  part.append(seen, el("div", { class: "actions" }, saving.form, restoring.form, deleting.form, resetting.form));
  read();
  return on("generation", read);
}

function snapshotTable(found) {
  return table(say("h snapshots"), [
    { head: say("name"), cell: ({ name }) => name },
    { head: say("time"), cell: ({ at }) => moment(Date.parse(at)) },
    { head: say("entry"), number: true, cell: ({ seq }) => String(seq) },
  ], found);
}
