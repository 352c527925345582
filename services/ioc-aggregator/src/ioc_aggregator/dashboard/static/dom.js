// Small helpers: make an element, change it only where it differs, mark a changed number.

const SVG = "http://www.w3.org/2000/svg";

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else setAttribute(node, name, value);
  }
  node.append(...children);
  return node;
}

export function element(name, attributes = {}, ...children) {
  return build(document.createElement(name), attributes, children);
}

export function drawing(name, attributes = {}, ...children) {
  return build(document.createElementNS(SVG, name), attributes, children);
}

export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Show a number. When the same number (same key) has another text than before, it lights up
 * briefly; going to another place is no change.
 */
export function setNumber(node, key, text) {
  const moved = node.dataset.key === key && node.textContent !== "" && node.textContent !== text;
  node.dataset.key = key;
  setText(node, text);
  if (moved) {
    node.classList.remove("changed");
    void node.offsetWidth; // lets the animation begin anew
    node.classList.add("changed");
  }
}

/** Make the children of `parent` those of `items`, keeping nodes (and the focus) by key. */
export function keyed(parent, items, key, create, update) {
  const known = new Map([...parent.children].map((node) => [node.dataset.row, node]));
  const nodes = items.map((item) => {
    const id = String(key(item));
    const node = known.get(id) ?? create(item);
    node.dataset.row = id;
    update(node, item);
    return node;
  });
  const same =
    nodes.length === parent.children.length &&
    nodes.every((node, index) => parent.children[index] === node);
  if (same) return;
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  parent.replaceChildren(...nodes);
  // Whoever stood on a row that is gone stands on the whole part, not at the top of the page.
  const next = focused?.isConnected ? focused : focused && parent.closest("[tabindex='-1']");
  next?.focus({ preventScroll: true });
}

/** Replace the options of a select, keeping what is chosen. */
export function setOptions(select, options, chosen) {
  const wanted = JSON.stringify(options);
  if (select.dataset.options !== wanted) {
    select.dataset.options = wanted;
    select.replaceChildren(
      ...options.map(([value, label]) => element("option", { value }, label)),
    );
  }
  if (select.value !== chosen) select.value = chosen;
}
