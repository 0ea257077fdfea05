// Elements made of parts. Text is always a text node, so that no value is ever read as markup.

const SVG = "http://www.w3.org/2000/svg";

// An element. Attributes that are null or false are left out, functions listen to their event.
export function el(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

// The same for a drawing.
export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") listen(node, key, value);
    else if (key === "value") node.value = value;
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...given(children));
  return node;
}

// What listens to each node, by event: one listener for each, which an update in place exchanges.
const listeners = new WeakMap();

function listen(node, event, listener) {
  const own = listeners.get(node) ?? {};
  if (!own[event]) node.addEventListener(event, (happened) => listeners.get(node)[event](happened));
  own[event] = listener;
  listeners.set(node, own);
}

function given(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined);
}

// Put children in place of those that are there: for content that is another one.
export function replace(node, ...children) {
  node.replaceChildren(...given(children));
}

// Bring what is there to what is given, in place: for content whose values moved. An element that stays what it was
// keeps the focus, the selection and how far it is scrolled. Listeners of the content must not hold its own elements,
// as those that are given are thrown away. An element with `data-key` only becomes one of the same key.
export function repaint(node, ...children) {
  const inside = node.contains(document.activeElement);
  settle(node, given(children));
  // What had the focus is gone: whoever uses the keyboard goes on from this place, not from the top of the page.
  if (inside && !node.contains(document.activeElement)) {
    node.tabIndex = -1;
    node.focus({ preventScroll: true });
  }
}

function keyOf(node) {
  return node.dataset?.key;
}

function settle(node, wanted) {
  const keys = new Set(wanted.map(keyOf));
  for (const child of [...node.childNodes]) if (keyOf(child) !== undefined && !keys.has(keyOf(child))) child.remove();
  const keyed = new Map([...node.childNodes].filter((child) => keyOf(child) !== undefined).map((child) => [keyOf(child), child]));
  let at = node.firstChild;
  for (const one of wanted) {
    const next = typeof one === "object" ? one : document.createTextNode(String(one));
    let found = keyed.get(keyOf(next)) ?? at;
    while (found && (found.nodeName !== next.nodeName || keyOf(found) !== keyOf(next))) found = found.nextSibling;
    if (!found) {
      node.insertBefore(next, at);
      continue;
    }
    keyed.delete(keyOf(next));
    at = reached(node, found, at);
    become(found, next);
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

// Have `found` stand at this place, and return the place behind it. What has the focus would lose it by being moved, so
// then the others are.
function reached(node, found, at) {
  if (found !== at && !found.contains(document.activeElement)) {
    node.insertBefore(found, at);
    return at;
  }
  while (at !== found) {
    const moved = at;
    at = at.nextSibling;
    node.append(moved);
  }
  return found.nextSibling;
}

const OWN = new Set(["open", "style", "tabindex"]); // attributes that a user or a list changes

function become(found, next) {
  if (found === next) return;
  if (found.nodeType !== Node.ELEMENT_NODE) {
    if (found.data !== next.data) found.data = next.data;
    return;
  }
  for (const { name } of [...found.attributes]) if (!next.hasAttribute(name) && !OWN.has(name)) found.removeAttribute(name);
  for (const { name, value } of next.attributes) if (found.getAttribute(name) !== value && !OWN.has(name)) found.setAttribute(name, value);
  for (const [event, listener] of Object.entries(listeners.get(next) ?? {})) listen(found, event, listener);
  settle(found, [...next.childNodes]);
}

function classOf({ number, pin }) {
  return number ? "number" : pin ? "pin" : null;
}

// A table in a region that scrolls sideways on a narrow screen, and can be scrolled with the keyboard.
// Columns are {head, cell(row), number, pin}; one that is pinned stays in sight. Rows beyond the head are made by `cell`; `key(row)` tells apart those that hold controls.
// One that `folds` has its words in several lines there instead, and one that `stacks` has its numbers below its words.
export function table(caption, columns, rows, options = {}) {
  const head = el("tr", {}, columns.map((column) => el("th", { scope: "col", class: classOf(column) }, column.head)));
  const body = rows.map((row) =>
    el("tr", { class: options.rowClass?.(row), "data-key": options.key?.(row) }, columns.map((column, place) =>
      el(place === 0 ? "th" : "td", { scope: place === 0 ? "row" : null, class: classOf(column) }, column.cell(row)),
    )),
  );
  return el("div", { class: options.folds ? "scroll folds" : options.stacks ? "scroll stacks" : "scroll", role: "group", tabindex: "0", "aria-label": caption },
    el("table", {}, el("caption", { class: "unseen" }, caption), el("thead", {}, head), el("tbody", {}, body)));
}
