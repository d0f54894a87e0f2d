// Who and what the ids of the workspace stand for, and in which time zone the person at the page lives.

let users = new Map();
let channels = new Map();
let zone;

/** Takes over the people and channels of a state. */
export function learn(state) {
  users = new Map(state.users.map((user) => [user.id, user]));
  channels = new Map(state.channels.map((channel) => [channel.id, channel]));
  zone = usable(users.get(state.me)?.tz);
}

function usable(tz) {
  try {
    return tz && new Intl.DateTimeFormat("en", { timeZone: tz }) ? tz : undefined;
  } catch {
    return undefined;
  }
}

export const userOf = (id) => users.get(id) ?? null;
export const channelOf = (id) => channels.get(id) ?? null;
export const everybody = () => [...users.values()];
export const everyChannel = () => [...channels.values()];
export const timeZone = () => zone;

/** What a person is called, with the id itself for somebody unknown. */
export function nameOf(id) {
  const user = users.get(id);
  return user ? user.real_name || user.name : id;
}

/** A channel's name without the sign in front. */
export const channelNameOf = (id) => channels.get(id)?.name ?? id;

/** Whether this is a conversation between two. */
export const isDirect = (channel) => Boolean(channel.is_im) || channel.id.startsWith("D");
