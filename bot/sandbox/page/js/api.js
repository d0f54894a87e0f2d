// The sandbox's HTTP interface, same origin. Nothing here throws: a server that is gone is an answer like any other.

const GONE = { ok: false, error: "The sandbox does not answer. Is it still running?" };

async function call(path, body) {
  try {
    const options = body && {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    };
    const response = await fetch(path, options);
    const answer = await response.json();
    return response.ok || answer.error
      ? answer
      : { ok: false, error: `The sandbox answered ${response.status}.` };
  } catch {
    return GONE;
  }
}

const asUser = (user) => (user ? `?user=${encodeURIComponent(user)}` : "");

/** Everything that this person sees. */
export const fetchState = (user) => call(`/sandbox/state${asUser(user)}`);

/** Something that this person did. */
export const post = (payload) => call("/sandbox/act", payload);

/** A control panel's description; with `changes` they are applied first. */
export const panel = (name, changes) => call(`/sandbox/panel/${encodeURIComponent(name)}`, changes);

/** Calls `onChange` whenever the server has news and `onLink(up)` when the line drops or returns; gives a closer. */
export function listen(user, onChange, onLink) {
  const source = new EventSource(`/sandbox/events${asUser(user)}`);
  source.onopen = () => onLink(true);
  source.onerror = () => onLink(false);
  source.onmessage = onChange;
  return () => source.close();
}
