"""What goes to Slack says the same, whichever serializer wrote it."""

import json
from typing import Any

import pytest

from bot.slack.wire import Written, write_json
from handlers.blocks.site import SiteForm, build_empty_site, build_site


@pytest.mark.parametrize(
    "value",
    [
        build_site(SiteForm(channel_id="C1", name='Ä "x" <&> \u2028 😀'), integration="Acme"),
        {"text": "half a pair: \ud83d", "blocks": [1, True, None, 1.5]},
    ],
    ids=["modal", "surrogate"],
)
def test_it_reads_as_what_it_was(value: dict[str, Any]) -> None:
    assert json.loads(write_json(value)) == json.loads(json.dumps(value))


@pytest.mark.parametrize("around", [{}, {"trigger_id": "1.2.3"}, {"trigger_id": "\ud83d", "more": [1]}])
def test_a_view_that_was_written_before_reads_as_what_it_is(around: dict[str, Any]) -> None:
    view = build_empty_site("C1", "Acme <&> \u2028")
    assert isinstance(view, Written)
    assert view == build_site(SiteForm(channel_id="C1"), integration="Acme <&> \u2028")
    assert json.loads(write_json({**around, "view": view})) == {**around, "view": dict(view)}
    assert write_json({**around, "view": view}).startswith('{"view":' + view.json)
