// Block Kit's selects, single and multi: each kind is a list of items and the name under which Slack reports the choice.

import { combobox, fromList } from "./combobox.js";
import { channelNameOf, everybody, everyChannel, isDirect, nameOf } from "./directory.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { plainText } from "./mrkdwn.js";
import { avatar, roleOf } from "./people.js";
import { ui } from "./store.js";

const optionItem = (option) => ({
  key: option.value,
  label: plainText(option.text),
  description: option.description && plainText(option.description),
  payload: option,
});

const userItem = (id) => ({ key: id, label: nameOf(id), media: () => avatar(id, 20), payload: id });

const sign = (channel) => {
  const name = channel?.is_private ? "lock" : "hash";
  return h("span", { class: "combo-sign" }, icon(name, { size: 15 }));
};

const channelItem = (id) => {
  const channel = everyChannel().find((it) => it.id === id);
  return { key: id, label: channelNameOf(id), media: () => sign(channel), payload: id };
};

const groupsOf = ({ options, option_groups: groups }) =>
  groups
    ? groups.map((group) => ({ label: plainText(group.label), items: group.options.map(optionItem) }))
    : [{ items: (options ?? []).map(optionItem) }];

const userList = () => [
  {
    items: everybody().map((user) => ({
      ...userItem(user.id),
      description: user.role === "bot" ? "App" : roleOf(user),
    })),
  },
];

function kindOf(channel) {
  if (isDirect(channel)) return "im";
  return channel.is_private ? "private" : "public";
}

function channelList(element) {
  const { include, exclude_external_shared_channels: noShared } = element.filter ?? {};
  const fits = (channel) =>
    !channel.is_archived &&
    !(noShared && channel.is_ext_shared) &&
    (!include || include.includes(kindOf(channel))) &&
    (element.type.includes("conversations") || !isDirect(channel));
  return [
    {
      items: everyChannel()
        .filter(fits)
        .map((channel) => channelItem(channel.id)),
    },
  ];
}

function externalLoader(element, context) {
  const least = element.min_query_length ?? 3;
  let pending = null;
  const wait = () =>
    new Promise((resolve) => {
      clearTimeout(pending);
      pending = setTimeout(resolve, 250);
    });
  return async (query) => {
    if (query.length < least)
      return { groups: [], note: `Type at least ${least} character${least === 1 ? "" : "s"} to search` };
    if (query) await wait();
    const answer = await context.suggest(context.blockId, element, query);
    if (answer.ok === false) return { groups: [], note: answer.error ?? "Options could not be loaded" };
    return { groups: groupsOf(answer).filter((group) => group.items.length) };
  };
}

const KINDS = {
  static: { key: "option", item: optionItem, load: (element) => fromList(groupsOf(element)) },
  external: { key: "option", item: optionItem, load: externalLoader },
  users: { key: "user", item: userItem, load: () => fromList(userList()) },
  conversations: {
    key: "conversation",
    item: channelItem,
    load: (element) => fromList(channelList(element)),
  },
  channels: { key: "channel", item: channelItem, load: (element) => fromList(channelList(element)) },
};

function initialOf(element, context, key, multi) {
  const start = context.form.start(context.blockId, element);
  const suffix = multi ? `${key}s` : key;
  if (start) return [start[`selected_${suffix}`]].flat().filter(Boolean);
  const given = [element[`initial_${suffix}`]].flat().filter(Boolean);
  const here =
    !given.length && element.default_to_current_conversation && ui.place === "channel" ? [ui.channel] : [];
  return [...given, ...here];
}

function select(kindName, multi) {
  const { key, item, load } = KINDS[kindName];
  const name = `selected_${key}${multi ? "s" : ""}`;
  return (element, context, { changed, focus }) => {
    const read = () => {
      const payloads = box.chosen.map((it) => it.payload);
      return { [name]: multi ? payloads : (payloads[0] ?? null) };
    };
    const placeholder = plainText(element.placeholder) || (multi ? "Select options" : "Select an option");
    const box = combobox({
      id: context.field?.id,
      label: context.field ? null : placeholder,
      describedBy: context.field?.describedBy,
      focusKey: focus,
      placeholder,
      multi,
      max: element.max_selected_items,
      compact: context.surface === "message" || !context.field,
      clearable: Boolean(context.field?.optional),
      initial: initialOf(element, context, key, multi).map(item),
      load: load(element, context),
      onChange: () => changed(element, context, read()),
    });
    if (element.focus_on_load) box.input.dataset.autofocus = "yes";
    if (context.field && !context.field.optional) box.input.setAttribute("aria-required", "true");
    context.form.add(context.blockId, element, read);
    return box.el;
  };
}

/** Builders by element type. */
export const SELECTS = Object.fromEntries(
  Object.keys(KINDS).flatMap((kind) => [
    [`${kind}_select`, select(kind, false)],
    [`multi_${kind}_select`, select(kind, true)],
  ]),
);
