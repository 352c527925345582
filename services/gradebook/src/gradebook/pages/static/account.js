// Who is looking, and the two ways to change that. A page has #who, #enter and #leave.

const part = (id) => document.getElementById(id);

/** GET session: {available, person}; null without a connection. */
export async function session() {
  const answer = await fetch("session").catch(() => null);
  return answer?.ok ? answer.json() : null;
}

/**
 * Show who is signed in, in these words, and return the person, or null. `mayLeave()` is asked
 * before anybody signs out.
 */
export async function account({ signedIn, signedOut, mayLeave = () => true }) {
  const found = await session();
  if (!found) return null;
  const here = encodeURIComponent(location.pathname + location.search);
  part("enter").href = `signin?next=${here}`;
  part("enter").hidden = Boolean(found.person) || !found.available;
  part("leave").hidden = !found.person;
  part("leave").onclick = () => mayLeave() && leave(found.person.csrf);
  part("who").textContent = found.person ? signedIn : signedOut;
  return found.person;
}

async function leave(csrf) {
  const headers = { "X-CSRF-Token": csrf };
  const answer = await fetch("signout", { method: "POST", headers }).catch(() => null);
  const next = answer?.ok ? (await answer.json()).next : null;
  if (next) location.assign(next);
  else location.reload();
}
