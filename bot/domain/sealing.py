"""The seam between whoever keeps records and whoever seals them."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed record belongs; it opens nowhere else. `schema` names the kind and version, e.g. `instance/1`."""

    team_id: str
    record_id: str
    schema: str
    revision: int


class Sealer(Protocol):
    """Seals and opens bytes for one place. Implemented by `bot.vault`."""

    def seal(self, plaintext: bytes, place: Place) -> bytes:
        """Seal under the first key of the ring."""
        ...

    def open(self, sealed: bytes, place: Place) -> bytes:
        """Open with whichever key sealed it. Raises `SealError` on anything that is not exactly this record here."""
        ...
