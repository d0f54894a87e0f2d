"""Ids: none is used twice, and whatever can be pressed is listened to, by one listener."""

import ast
import re
from collections.abc import Callable, Iterator
from enum import EnumMeta, StrEnum
from pathlib import Path
from typing import Any

import pytest

from handlers import ids
from handlers.register import register

BLOCKS = Path(ids.__file__).parent / "blocks"
ENUMS = [it for it in vars(ids).values() if isinstance(it, EnumMeta) and it is not StrEnum]


class _Recorder:
    """An app that only remembers what is listened to."""

    def __init__(self) -> None:
        self.listeners: dict[str, list[Any]] = {
            kind: [] for kind in ("command", "action", "view", "options", "event", "shortcut", "view_closed")
        }

    def __getattr__(self, kind: str) -> Callable[[Any], Callable[[Any], None]]:
        def listen(constraint: Any) -> Callable[[Any], None]:
            return lambda _listener: self.listeners[kind].append(constraint)

        return listen

    def listening(self, kind: str, found: str) -> int:
        return sum(_matches(it, found) for it in self.listeners[kind])


class _Services:
    """Whatever is asked of it, it has: nothing is called while registering."""

    def __getattr__(self, _name: str) -> Any:
        return _Services()

    def __call__(self, *_: Any, **__: Any) -> Any:
        return _Services()


def _matches(constraint: Any, found: str) -> bool:
    if isinstance(constraint, dict):
        named = constraint.get("action_id") or constraint.get("callback_id")
        return named is not None and _matches(named, found)
    if isinstance(constraint, re.Pattern):
        return constraint.search(found) is not None
    return str(constraint) == found


@pytest.fixture(scope="module")
def app() -> _Recorder:
    recorder = _Recorder()
    register(recorder, _Services())  # type: ignore[arg-type]  # it remembers, and does nothing else
    return recorder


def _trees() -> Iterator[ast.Module]:
    for path in sorted(BLOCKS.glob("*.py")):
        yield ast.parse(path.read_text(encoding="utf-8"))


def _named(tree: ast.AST, enum: str) -> set[str]:
    found = (it for it in ast.walk(tree) if isinstance(it, ast.Attribute))
    return {it.attr for it in found if isinstance(it.value, ast.Name) and it.value.id == enum}


def _modals_with_submit() -> set[str]:
    calls = [it for tree in _trees() for it in ast.walk(tree) if isinstance(it, ast.Call)]
    return {
        name
        for call in calls
        if "submit" in {it.arg for it in call.keywords}
        for keyword in call.keywords
        if keyword.arg == "callback_id"
        for name in _named(keyword.value, "Callback")
    }


def _sample(name: str) -> list[str]:
    """The id, and as it is with a number or a name behind it."""
    value = str(ids.Action[name])
    return [value, f"{value}:0", f"{value}/0"]


@pytest.mark.parametrize("enum", ENUMS, ids=lambda it: str(it.__name__))
def test_no_id_is_used_twice(enum: EnumMeta) -> None:
    members: dict[str, object] = dict(enum.__members__)
    assert len(members) == len({str(it) for it in members.values()})


def test_every_command_has_one_listener(app: _Recorder) -> None:
    assert sorted(map(str, app.listeners["command"])) == sorted(ids.Command)


def test_every_button_and_menu_that_is_built_anywhere_has_a_listener(app: _Recorder) -> None:
    built = {name for tree in _trees() for name in _named(tree, "Action")} - {"VALUE"}
    assert {"TAKE_STEP", "HAND_OVER", "OPEN_THREAD"} <= built
    deaf = {
        name
        for name in built
        if not any(app.listening(kind, it) for it in _sample(name) for kind in ("action", "options"))
    }
    assert deaf == set()


def test_no_button_has_two_listeners(app: _Recorder) -> None:
    for name in ids.Action.__members__:
        for kind in ("action", "options"):
            assert max(app.listening(kind, it) for it in _sample(name)) <= 1, name


def test_every_modal_that_can_be_handed_in_has_one_listener(app: _Recorder) -> None:
    submitted = _modals_with_submit()
    assert {"SITE", "CREDENTIALS"} <= submitted
    for name in submitted:
        assert app.listening("view", ids.Callback[name]) == 1, name


def test_no_listener_waits_for_what_is_never_sent(app: _Recorder) -> None:
    actions = [it for name in ids.Action.__members__ for it in _sample(name)]
    for constraint in app.listeners["action"] + app.listeners["options"]:
        assert any(_matches(constraint, it) for it in actions), constraint
    for constraint in app.listeners["view"]:
        assert any(_matches(constraint, it) for it in ids.Callback), constraint
