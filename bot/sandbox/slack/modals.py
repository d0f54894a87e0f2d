"""Modals and Home tabs: opening, pushing, updating, closing, by Slack's rules."""

import json
from typing import Any

from bot.sandbox.slack.blocks import VIEW_BYTES, validate_view
from bot.sandbox.slack.errors import ApiError, invalid_arguments
from bot.sandbox.slack.forms import carry_over, initial_values
from bot.sandbox.slack.model import Json, Trigger, View
from bot.sandbox.slack.workspace import SlackWorkspace

STACK = 3


class Modals:
    """What the app does to the views in front of people."""

    def __init__(self, workspace: SlackWorkspace) -> None:
        self._workspace = workspace

    def open(self, trigger_id: str, payload: Any) -> View:
        """views.open: a new stack for the trigger's person."""
        checked = self._check(payload, "modal")
        trigger = self._exchange(trigger_id)
        view = self._make(checked, trigger.user_id, trigger.team_id, trigger.channel_id)
        self._workspace.stacks[trigger.user_id] = [view]
        self._note(view)
        return view

    def push(self, trigger_id: str, payload: Any) -> View:
        """views.push: on top of the stack in which the trigger arose."""
        checked = self._check(payload, "modal")
        trigger = self._exchange(trigger_id)
        if not self.stack(trigger.user_id):
            raise ApiError("not_found")
        return self.push_for(trigger.user_id, checked)

    def push_for(self, user_id: str, payload: Any) -> View:
        """A view on top of a person's stack, as views.push and an acknowledgement with `push` do it."""
        checked = self._check(payload, "modal")
        stack = self.stack(user_id)
        if len(stack) >= STACK:
            raise ApiError("push_limit_reached")
        below = stack[-1]
        view = self._make(checked, user_id, below.team_id, below.channel_id)
        view.root_id, view.previous_id = below.root_id or below.id, below.id
        stack.append(view)
        self._note(view)
        return view

    def update(self, view: View, payload: Any, *, expected_hash: str | None = None) -> View:
        """New content for a view, what was typed kept where ids are unchanged. Raises hash_conflict."""
        checked = self._check(payload, "modal", itself=view)
        if expected_hash is not None and expected_hash != view.hash:
            raise ApiError("hash_conflict")
        view.payload = checked
        fresh = initial_values(checked["blocks"], channel_id=view.channel_id)
        view.values = carry_over(view.values, fresh)
        view.hash = self._workspace.new_hash()
        view.errors, view.error = {}, None
        self._note(view)
        return view

    def publish(self, user_id: str, team_id: str, payload: Any, *, expected_hash: str | None = None) -> View:
        """views.publish: a person's Home tab."""
        checked = self._check(payload, "home")
        before = self._workspace.homes.get(user_id)
        if expected_hash is not None and (before is None or before.hash != expected_hash):
            raise ApiError("hash_conflict")
        view = self._make(checked, user_id, team_id, None)
        if before is not None:
            view.id = before.id
            view.values = carry_over(before.values, view.values)
        view.root_id = view.id
        self._workspace.homes[user_id] = view
        self._note(view)
        return view

    def stack(self, user_id: str) -> list[View]:
        """A person's open modals, bottom first."""
        return self._workspace.stacks.get(user_id, [])

    def find(
        self, team_id: str, *, view_id: str | None = None, external_id: str | None = None
    ) -> View | None:
        """An open modal of a team, by Slack's id or the app's own."""
        for stack in self._workspace.stacks.values():
            for view in stack:
                named = view.id == view_id if view_id else view.payload.get("external_id") == external_id
                if named and view.team_id == team_id:
                    return view
        return None

    def close(self, view: View) -> None:
        """Close a view and what lies on top of it."""
        stack = self.stack(view.user_id)
        if view in stack:
            del stack[stack.index(view) :]
        self._note(view)

    def clear(self, user_id: str) -> None:
        """Close everything in front of a person."""
        self._workspace.stacks[user_id] = []
        self._workspace.changes.note(user_id)

    def _make(self, payload: Json, user_id: str, team_id: str, channel_id: str | None) -> View:
        workspace = self._workspace
        view = View(
            id=workspace.new_id("V"),
            team_id=team_id,
            user_id=user_id,
            payload=payload,
            hash=workspace.new_hash(),
            channel_id=channel_id,
            values=initial_values(payload["blocks"], channel_id=channel_id),
        )
        view.root_id = view.id
        return view

    def _check(self, payload: Any, kind: str, *, itself: View | None = None) -> Json:
        if len(json.dumps(payload, ensure_ascii=False).encode()) > VIEW_BYTES:
            raise ApiError("view_too_large")
        problems = validate_view(payload)
        if problems:
            raise invalid_arguments(problems)
        if payload["type"] != kind:
            raise ApiError("invalid_arguments", [f"[ERROR] must be of type {kind} [json-pointer:/view/type]"])
        external_id = payload.get("external_id")
        holders = [v for stack in self._workspace.stacks.values() for v in stack if v is not itself]
        if external_id and any(v.payload.get("external_id") == external_id for v in holders):
            raise ApiError("duplicate_external_id")
        return {**payload, "blocks": self._workspace.with_ids(payload["blocks"])}

    def _exchange(self, trigger_id: str) -> Trigger:
        trigger = self._workspace.triggers.get(trigger_id)
        if trigger is None:
            raise ApiError("invalid_trigger_id")
        if trigger.is_used:
            raise ApiError("exchanged_trigger_id")
        if self._workspace.clock.now() - trigger.issued_at > self._workspace.trigger_seconds:
            raise ApiError("expired_trigger_id")
        trigger.is_used = True
        return trigger

    def _note(self, view: View) -> None:
        self._workspace.changes.note(view.user_id)
