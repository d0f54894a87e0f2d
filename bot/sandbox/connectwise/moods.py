"""What the switches of the site are set to at the moment."""

from collections.abc import Mapping
from typing import Any, Final

from bot.sandbox.connectwise.mood import Mood
from bot.sandbox.connectwise.switches import MOODS

BY_ID: Final[Mapping[str, Mood]] = {mood.id: mood for mood in MOODS}


class Moods:
    """The present value of every switch, read as attributes: `moods["tls"]`."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self.reset()

    def __getitem__(self, mood_id: str) -> Any:
        return self._values[mood_id]

    def set(self, values: Mapping[str, Any]) -> None:
        """Change some switches, all or none. Raises ValueError with a sentence on an unknown id or value."""
        accepted: dict[str, Any] = {}
        for mood_id, value in values.items():
            mood = BY_ID.get(mood_id)
            if mood is None:
                raise ValueError(f"The ConnectWise site has no switch called {mood_id!r}.")
            accepted[mood_id] = mood.accept(value)
        self._values |= accepted

    def reset(self) -> None:
        """Every switch at its default."""
        self._values = {mood.id: mood.default for mood in MOODS}

    def describe(self) -> list[dict[str, Any]]:
        """Every switch with its present value."""
        return [mood.describe(self._values[mood.id]) for mood in MOODS]
