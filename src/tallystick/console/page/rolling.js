// A long list of which only the rows in sight are elements. Rows have one height; the newest stands on top.

import { el, repaint } from "./dom.js";

const HEIGHT = 30; // of a row, in px, as in the style sheet
const FOLDED = 50; // the same on a narrow page, where a row has two lines
const NARROW = matchMedia("(max-width: 40rem)");
const BEYOND = 6; // rows drawn above and below those in sight

// `nothing` is said while there is no item. `row(item)` makes the content of a row, `open(item)` is called for one that is chosen, `key(item)` tells items apart.
export function rolling(label, { row, open, key, nothing }) {
  const inside = el("ol", { class: "rows" });
  const box = el("div", { class: "rolling", role: "group", tabindex: "0", "aria-label": label, scroll: () => ask(), keydown: move }, el("p", { class: "quiet none" }, nothing), inside);
  let items = [];
  let chosen = null;
  let asked = false;
  const heightOf = () => (NARROW.matches ? FOLDED : HEIGHT);
  new ResizeObserver(ask).observe(box);

  function ask() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  }

  function draw() {
    box.classList.toggle("nothing", items.length === 0);
    const height = heightOf();
    const first = Math.max(0, Math.floor(box.scrollTop / height) - BEYOND);
    const last = Math.min(items.length, Math.ceil((box.scrollTop + box.clientHeight) / height) + BEYOND);
    inside.style.height = `${items.length * height}px`;
    repaint(inside, Array.from({ length: Math.max(0, last - first) }, (_, place) => made(first + place)));
    for (const [place, node] of [...inside.children].entries()) node.style.top = `${(first + place) * height}px`;
  }

  function made(place) {
    const item = items[items.length - 1 - place];
    const name = String(key(item));
    return el("li", { "data-key": name, "aria-posinset": place + 1, "aria-setsize": items.length },
      el("button", { type: "button", "data-item": name, "aria-pressed": String(name === chosen), click: () => choose(item) }, row(item)));
  }

  function choose(item) {
    chosen = String(key(item));
    open(item);
    draw();
  }

  // Arrows go from row to row, also beyond those that are drawn.
  function move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !inside.contains(document.activeElement)) return;
    event.preventDefault();
    const at = items.length - 1 - items.findIndex((item) => String(key(item)) === document.activeElement.dataset.item);
    const place = Math.min(items.length - 1, Math.max(0, at + step));
    const height = heightOf();
    const top = place * height;
    if (top < box.scrollTop) box.scrollTop = top;
    if (top + height > box.scrollTop + box.clientHeight) box.scrollTop = top + height - box.clientHeight;
    draw();
    inside.querySelector(`[data-item="${CSS.escape(String(key(items[items.length - 1 - place])))}"]`)?.focus({ preventScroll: true });
  }

  // Show these items, oldest first. Who has scrolled down keeps the rows in sight.
  function show(found, added = 0) {
    items = found;
    const height = heightOf();
    if (box.scrollTop > height && added) {
      inside.style.height = `${items.length * height}px`;
      box.scrollTop += added * height;
    }
    ask();
  }

  return { node: box, show };
}
