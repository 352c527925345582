// Making elements, and asking the API. Addresses are relative: a page works under any path.

const KEY_BYTES = 16;

export const part = (id) => document.getElementById(id);

export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

/** A key under which a command is done once. */
export function newKey() {
  // randomUUID is missing where a school serves the page without TLS.
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** GET; throws an Error whose message a person can read. */
export async function get(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value) query.set(name, value);
  const answer = await fetch(`${path}?${query}`).catch(() => null);
  if (!answer) throw Object.assign(new Error(""), { offline: true });
  const found = await answer.json().catch(() => null);
  if (!answer.ok) {
    throw Object.assign(new Error(found?.detail ?? ""), { status: answer.status });
  }
  return found;
}
