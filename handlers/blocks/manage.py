"""What one can do with an instance, and what is said when it is done."""

from datetime import datetime

from bot.domain.doubles import Doubles
from bot.domain.instance import Change, Instance
from bot.domain.onboarding import Onboarding
from bot.domain.report import Outcome
from bot.services.removal import Removed
from bot.services.revisions import Rotated, Saved, Stale
from handlers.blocks import kit, report
from handlers.blocks.kit import JSON
from handlers.blocks.meta import Meta
from handlers.ids import Action, Callback, Command, Menu

_FIELD_WORDS = {
    "name": "the name",
    "description": "the description",
    "host": "the host",
    "company": "the company ID",
    "profile": "what it is used for",
    "filter": "the company filter",
    "member": "the API member",
    "credentials": "the API keys",
    "client_id": "the client ID",
}
_SHORT = frozenset({"name", "host", "company", "member"})


def build_buttons(instance: Instance, onboarding: Onboarding | None, *, share: bool = True) -> list[JSON]:
    """A row of buttons, the rest in a menu: fix, check, keys, share, thread; edit, filter, default, reveal, remove."""
    waits = onboarding is not None and onboarding.pending is not None
    fix = _build_fix(instance, onboarding)
    buttons = [fix] if fix else []
    if instance.credentials is not None or waits:
        style = "" if fix else "primary"
        buttons.append(kit.button("Check again", Action.STATUS_CHECK, instance.id, style=style))
    if onboarding is not None and (instance.credentials is None or waits):
        buttons.append(kit.button("Enter API keys", Action.ENTER_KEYS, onboarding.id))
    if instance.credentials is not None:
        if fix is None or fix["action_id"] != Action.ROTATE_KEYS:
            buttons.append(kit.button("Rotate keys…", Action.ROTATE_KEYS, instance.id))
        buttons.append(kit.button("Variables", Action.CHOOSE_VARIABLES, instance.id))
    if share:
        buttons.append(kit.button("Share to channel", Action.SHARE, instance.id))
    if onboarding is not None and onboarding.thread.permalink:
        link = onboarding.thread.permalink
        buttons.append(kit.button("Open the thread", Action.OPEN_THREAD, onboarding.id, url=link))
    return [kit.actions(*buttons, build_menu(instance))]


def _build_fix(instance: Instance, onboarding: Onboarding | None) -> JSON | None:
    """What leads into the window in which the last verdict's cause is mended; None where it is mended elsewhere."""
    verdict = instance.report
    if verdict is None or verdict.outcome is not Outcome.NEEDS_YOU or verdict.culprit is None:
        return None
    layer = verdict.culprit.name
    if layer == "rights":
        return (
            kit.button("Role sheet", Action.ROLE_SHEET, instance.id, style="primary") if onboarding else None
        )
    if layer == "keys":
        if instance.credentials is None:
            return None
        return kit.button("Rotate keys…", Action.ROTATE_KEYS, instance.id, style="primary")
    fixes = {
        "dns": ("Edit details…", Action.FIX_DETAILS),
        "company": ("Edit details…", Action.FIX_DETAILS),
        "filter": ("Edit filter…", Action.FIX_FILTER),
    }
    text, action = fixes.get(layer, ("", ""))
    return kit.button(text, action, instance.id, style="primary") if action else None


def build_menu(instance: Instance) -> JSON:
    """The rest of it; Slack takes five entries."""
    entries = [(Menu.EDIT, "Edit…"), (Menu.FILTER, "Edit filter…")]
    if not instance.is_default:
        entries.append((Menu.DEFAULT, "Make default"))
    if instance.credentials is not None:
        entries.append((Menu.REVEAL, "Reveal keys…"))
    entries.append((Menu.REMOVE, "Remove…"))
    return {
        "type": "overflow",
        "action_id": Action.INSTANCE_MENU,
        "options": [kit.option(label, f"{verb}:{instance.id}") for verb, label in entries],
    }


def build_instance(instance: Instance, blocks: list[JSON]) -> JSON:
    """One instance in a modal, with everything that one can do with it."""
    return kit.modal(
        callback_id=Callback.INSTANCE,
        title="ConnectWise instance",
        private_metadata=Meta(instance_id=instance.id).pack(),
        blocks=blocks,
    )


def build_checking(instance: Instance, what: str) -> JSON:
    """While ConnectWise takes its time over a change."""
    return _notice(
        instance,
        "Checking…",
        f":hourglass_flowing_sand: ConnectWise takes its time. {what}\n\nThis window goes on by itself.",
    )


def build_saved(saved: Saved) -> JSON:
    """After an edit."""
    instance = saved.instance
    if not saved.what:
        return _notice(
            instance, "Nothing to save", f"Nothing is different: *{kit.typed(instance.name)}* stays as it is."
        )
    new = _join([_FIELD_WORDS[it] for it in saved.what if it in _FIELD_WORDS])
    lines = [f":white_check_mark: *{kit.typed(instance.name)}*: {new} saved."]
    if saved.report is not None:
        lines.append(_companies(saved.report.facts))
    view = _notice(instance, "Saved", "\n".join(it for it in lines if it))
    view["blocks"] += warn_doubles(saved.doubles)
    return view


def build_rotated(rotated: Rotated) -> JSON:
    """The verdict on new keys."""
    instance = rotated.instance
    titles = {
        Outcome.VERIFIED: "Keys rotated",
        Outcome.NEEDS_YOU: "Almost there",
        Outcome.CANNOT_TELL: "Saved for now",
    }
    tails = {
        Outcome.VERIFIED: f"The new pair is in use, and the old one is gone from here. {explain_old_key(instance)}",
        Outcome.NEEDS_YOU: "The new pair waits, sealed; *the pair in use stays*. When it is mended, press *Check again* "
        f"in `{Command.STATUS}`: nothing needs to be typed again.",
        Outcome.CANNOT_TELL: "The new pair is sealed, and I keep asking. *The pair in use stays* until I know; the "
        "thread will say so.",
    }
    view = _notice(instance, titles[rotated.report.outcome], "")
    view["blocks"] = [
        *report.build_report(rotated.report),
        kit.section(tails[rotated.report.outcome]),
    ]
    return view


def explain_old_key(instance: Instance) -> str:
    """Where the old key is deleted."""
    return f"Now delete the old key in ConnectWise: {_place_of_keys(instance)}. Until then it still opens the door."


def _place_of_keys(instance: Instance) -> str:
    member = f"*{kit.typed(instance.member)}*" if instance.member else "the member"
    return f"*System → Members → API Members* → {member} → *API Keys*"


def build_removed(removed: Removed) -> JSON:
    """After a removal."""
    lines = [
        f":wastebasket: *{kit.typed(removed.instance.name)}* is removed and its keys are destroyed here.",
    ]
    if removed.instance.credentials is not None:
        lines.append(
            f"The key itself still works. Delete it in ConnectWise too: {_place_of_keys(removed.instance)}."
        )
    if removed.successor is not None:
        lines.append(f"*{kit.typed(removed.successor.name)}* is the default now.")
    return _notice(removed.instance, "Removed", "\n\n".join(lines))


def build_shared_notice(instance: Instance, channel_id: str) -> JSON:
    """After sharing from a modal."""
    return _notice(
        instance, "Shared", f":white_check_mark: *{kit.typed(instance.name)}* is shared in <#{channel_id}>."
    )


def explain_stale(stale: Stale) -> str:
    """What changed while a form was open, and by whom."""
    changes = stale.instance.changes_since(stale.edition)
    lines = [_changed(it, stale.instance) for it in changes] or ["•  Somebody changed it."]
    return "\n".join(
        [
            ":warning: *Not saved: this was changed while you had it open.*",
            *lines,
            "What you typed is still here. Look at it again, then press the button to go on with it.",
        ]
    )


def warn_doubles(doubles: Doubles) -> list[JSON]:
    """That other instances connect the same; nobody is stopped by it."""
    return (
        [kit.context(*(f":warning: {it}" for it in describe_doubles(doubles)))]
        if not doubles.is_empty
        else []
    )


def describe_doubles(doubles: Doubles) -> tuple[str, ...]:
    """The same as sentences."""
    said = []
    if doubles.same_key:
        said.append(
            f"{_names(doubles.same_key)} connects the same company with *the same key*: one of the two is enough."
        )
    if doubles.same_company:
        said.append(f"{_names(doubles.same_company)} connects the same company at the same host already.")
    return tuple(said)


def announce_rotation(instance: Instance, at: datetime) -> str:
    """For the thread."""
    return (
        f":arrows_counterclockwise: {kit.user(instance.keys_entered_by)} rotated the API keys, {kit.date(at)}. "
        f"The new pair is verified and in use.\n{explain_old_key(instance)}"
    )


def announce_reveal(instance: Instance, by: str, at: datetime) -> str:
    """For the thread."""
    return f":eyes: {kit.user(by)} looked at the API keys of *{kit.typed(instance.name)}*, {kit.date(at)}."


def _changed(change: Change, instance: Instance) -> str:
    what = _join([_field(it, instance) for it in change.what if it in _FIELD_WORDS]) or "something"
    return f"•  {kit.user(change.by)} changed {what}, {kit.date(change.at)}"


def _field(name: str, instance: Instance) -> str:
    """A field's word, with what stands there now where that is short and no secret."""
    now = f" (now {kit.code(getattr(instance, name), 75)})" if name in _SHORT else ""
    return f"{_FIELD_WORDS[name]}{now}"


def _companies(facts: dict[str, object]) -> str:
    matches = facts.get("matches")
    if not isinstance(matches, int):
        return ""
    samples = facts.get("samples")
    names = ", ".join(kit.typed(str(it), 80) for it in samples[:5]) if isinstance(samples, list) else ""
    return f"It lets {matches:,} companies through" + (f", such as {names}." if names else ".")


def _names(names: tuple[str, ...]) -> str:
    shown = [f"*{kit.typed(it, 75)}*" for it in names[:3]]
    if left := len(names) - len(shown):
        shown.append(f"{left} more")
    return _join(shown)


def _join(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _notice(instance: Instance, title: str, text: str) -> JSON:
    return kit.modal(
        callback_id=Callback.NOTICE,
        title=title,
        blocks=[kit.section(text)],
        private_metadata=Meta(instance_id=instance.id).pack(),
    )
