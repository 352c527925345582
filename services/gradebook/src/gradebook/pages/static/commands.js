// What a person tells the API to do by a button: sent with a key, so that it is done once.

import { session } from "./account.js";
import { newKey } from "./dom.js";
import { words } from "./words.js";

const CSRF = "csrf-token-invalid";
const passing = (status) => status === 408 || status === 429 || status >= 500;
const unanswered = new Map();

/**
 * Give the answer; throws an Error whose message a person can read, with `problem` as the API put
 * it. What got no answer keeps its key: the same command, given again, is applied once.
 */
export async function command(person, method, path, body = {}) {
  const text = JSON.stringify(body);
  const name = `${method} ${path} ${text}`;
  const key = unanswered.get(name) ?? newKey();
  unanswered.set(name, key);
  let { answer, found } = await send(person, method, path, text, key);
  if (found?.type?.endsWith(CSRF) && (await renew(person))) {
    ({ answer, found } = await send(person, method, path, text, key));
  }
  if (!found) throw new Error(words("notSent"));
  if (passing(answer.status)) throw new Error(found.detail ?? words("failed"));
  unanswered.delete(name);
  if (answer.ok) return found;
  const faults = (found.errors ?? []).map((one) => [one.what, one.how].filter(Boolean).join(" "));
  const says = [found.detail ?? words("failed"), ...faults].join(" ");
  throw Object.assign(new Error(says), { status: answer.status, problem: found });
}

async function send(person, method, path, body, key) {
  const headers = {
    "Content-Type": "application/json",
    "Idempotency-Key": key,
    "X-CSRF-Token": person.csrf,
  };
  const answer = await fetch(path, { method, headers, body }).catch(() => null);
  // An answer that broke off is none.
  return { answer, found: await answer?.json().catch(() => null) };
}

/** The session may have another token by now; that it is the same person's is what counts. */
async function renew(person) {
  const now = (await session())?.person;
  if (now?.subject !== person.subject || now.csrf === person.csrf) return false;
  person.csrf = now.csrf;
  return true;
}
