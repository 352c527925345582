// Asking the public API. Addresses are relative, so the page works under any path of a proxy.

const PATIENCE = 10_000;

export class Refused extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? problem?.title ?? `HTTP ${status}`);
    this.status = status;
  }
}

export async function get(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of [value].flat()) if (one) query.append(name, one);
  }
  const address = query.size ? `${path}?${query}` : path;
  const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE) });
  if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => null));
  return answer.json();
}
