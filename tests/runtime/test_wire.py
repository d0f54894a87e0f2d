"""What goes to Slack says the same, whichever serializer wrote it."""

import json
from typing import Any

import pytest

from bot.slack.wire import write_json
from handlers.blocks.site import SiteForm, build_site


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
