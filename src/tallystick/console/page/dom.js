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
    if (typeof value === "function") node.addEventListener(key, value);
    else if (key === "value") node.value = value;
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

// Put children in place of those that are there, and keep the focus where it can be kept.
export function replace(node, ...children) {
  const focused = node.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  node.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  if (focused) node.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

// A table in a region that scrolls sideways on a narrow screen, and can be scrolled with the keyboard.
// Columns are {head, cell(row), number}. Rows beyond the head are made by `cell`.
export function table(caption, columns, rows, options = {}) {
  const head = el("tr", {}, columns.map((column) => el("th", { scope: "col", class: column.number ? "number" : null }, column.head)));
  const body = rows.map((row) =>
    el("tr", { class: options.rowClass?.(row) }, columns.map((column, place) =>
      el(place === 0 ? "th" : "td", { scope: place === 0 ? "row" : null, class: column.number ? "number" : null }, column.cell(row)),
    )),
  );
  return el("div", { class: "scroll", role: "group", tabindex: "0", "aria-label": caption },
    el("table", {}, el("caption", { class: "unseen" }, caption), el("thead", {}, head), el("tbody", {}, body)));
}
