"""How what is sent to Slack is written: views and messages of many kilobytes, each before somebody's eyes."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticSerializationError, to_json


class Written(dict[str, Any]):
    """A view that goes out again and again as it is, to whoever begins: its JSON is written once.

    Nobody changes anything in it.
    """

    def __init__(self, view: Mapping[str, Any]) -> None:
        super().__init__(view)
        self.json = write_json(view)


def write_json(value: Any) -> str:
    """JSON, by the serializer that pydantic brings: several times as fast as Python's own, which stood out before an ack.

    What that does not take (half of a surrogate pair, which somebody may have typed) is written by Python's.
    """
    if isinstance(value, dict) and isinstance(view := value.get("view"), Written):
        rest = write_json({name: it for name, it in value.items() if name != "view"})
        return f'{{"view":{view.json}}}' if rest == "{}" else f'{{"view":{view.json},{rest[1:]}'
    try:
        return to_json(value).decode()
    except (PydanticSerializationError, ValueError):
        return json.dumps(value)
