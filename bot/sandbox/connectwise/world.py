"""The data set of a made-up managed-service provider, the same at every start."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

Row = dict[str, Any]
Tables = Mapping[str, list[Row]]

LOCATION_NAMES: Final = ("Harbourgate", "Northfield", "Millbrook", "Eastvale")
REGIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "Region North (Level 2)": ("Harbourgate", "Northfield"),
    "Region South (Level 2)": ("Millbrook", "Eastvale"),
}
BOARD_NAMES: Final = (
    "Help Desk",
    "Alerts",
    "Onboarding",
    "Field Service",
    "Security",
    "Network Operations",
    "Procurement",
    "Account Management",
    "Internal IT",
    "Projects",
    "After Hours",
    "Legacy Support",
)
EPOCH: Final = datetime(2025, 1, 6, 8, 0, tzinfo=UTC)
API_MEMBER: Final = "Rewst"
ADMIN_MEMBER: Final = "SiteAdmin"
ROLE_NAME: Final = "Rewst API"


def stamp(moment: datetime) -> str:
    """A date-time as ConnectWise writes it: UTC, whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def ref(row: Row, *keys: str) -> Row:
    """A reference to a row: its id and name (and further keys)."""
    return {key: row[key] for key in ("id", *(keys or ("name",))) if key in row}


@dataclass(frozen=True, slots=True)
class World:
    """Every table of the site, by name. Nobody changes its rows: moods make copies."""

    tables: Tables


class Maker:
    """What the builders of tables share: chance with a fixed seed, and the tables made so far."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - made-up data, the same at every start
        self.tables: dict[str, list[Row]] = {}

    def add(self, table: str, rows: list[Row]) -> list[Row]:
        """Keep a table, with the `_info` that every row of ConnectWise carries."""
        for row in rows:
            updated = EPOCH + timedelta(minutes=self.chance.randrange(500_000))
            row["_info"] = {"lastUpdated": stamp(updated), "updatedBy": "SBirkholm"}
        self.tables[table] = rows
        return rows

    def pick(self, table: str) -> Row:
        """Any row of a table."""
        return self.chance.choice(self.tables[table])

    def moment(self, days: int = 600) -> str:
        """Some date-time in the days after the epoch."""
        return stamp(EPOCH + timedelta(minutes=self.chance.randrange(days * 1440)))


@lru_cache(maxsize=2)
def build(seed: int = 20260) -> World:
    """The data set for a seed; rows are shared between callers and must not be changed."""
    from bot.sandbox.connectwise import customers, desk, staff

    maker = Maker(seed)
    staff.make(maker)
    customers.make(maker)
    desk.make(maker)
    return World(maker.tables)
