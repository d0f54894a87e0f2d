// Faces and names: avatars, the APP badge, whose company a stranger is from.

import { userOf } from "./directory.js";
import { h } from "./dom.js";

function initialsOf(user) {
  const words = (user.real_name || user.name || "?").split(/[\s._-]+/).filter(Boolean);
  return (
    user.initials ||
    words
      .slice(0, 2)
      .map((word) => word[0].toUpperCase())
      .join("")
  );
}

// Slack gives a person's colour as six hexadecimal digits.
const colourOf = ({ color }) => (/^[0-9a-f]{6}$/i.test(color ?? "") ? `#${color}` : color || "#4a5568");

/** The picture of a user: the bot's own, or coloured initials. */
export function avatar(id, size = 36) {
  const user = userOf(id) ?? { name: id ?? "?", role: "member" };
  const style = { "--size": `${size}px` };
  if (user.role === "bot") return h("img", { class: "avatar", src: "bot.svg", alt: "", style });
  return h(
    "span",
    { class: "avatar", "aria-hidden": "true", style: { ...style, "--face": colourOf(user) } },
    initialsOf(user),
  );
}

/** What stands behind a name: APP for a bot, the company for somebody from outside, Guest for a guest. */
export function badge(id, team) {
  const user = userOf(id);
  if (!user) return null;
  if (user.role === "bot") return h("span", { class: "badge badge-app" }, "APP");
  if (user.role.endsWith("guest")) return h("span", { class: "badge" }, "Guest");
  const outside = user.role === "stranger" || (user.team_id && user.team_id !== team.id);
  return outside ? h("span", { class: "badge badge-team" }, user.team_name || "External") : null;
}

const ROLES = {
  owner: "Workspace owner",
  admin: "Workspace admin",
  member: "Member",
  guest: "Guest",
  single_channel_guest: "Single-channel guest",
  stranger: "From another company",
};

/** A person's part in the workspace, in words. */
export const roleOf = (user) =>
  [user.title, user.role === "stranger" && user.team_name ? `From ${user.team_name}` : ROLES[user.role]]
    .filter(Boolean)
    .join(" · ");
