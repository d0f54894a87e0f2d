"""The fields of a company that a filter can name, as far as they are known."""

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources


class FieldType(StrEnum):
    """What a field holds."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    DATE = "date"
    REFERENCE = "reference"
    ARRAY = "array"


@dataclass(frozen=True, slots=True)
class CompanyField:
    """A field with its spelling; `parts` are what stands behind the slash of a reference or an array."""

    name: str
    type: FieldType
    parts: tuple[str, ...] = ()

    def has(self, part: str) -> bool:
        """Whether something of that name stands behind the slash, as far as is known."""
        if self.type is FieldType.ARRAY and not self.parts:
            return True
        return part.startswith("_info") or part.lower() in {it.lower() for it in self.parts}


@cache
def load_fields() -> Mapping[str, CompanyField]:
    """The known fields by their lower-case names."""
    path = resources.files("bot.domain").joinpath("data", "company_fields.json")
    data = json.loads(path.read_text(encoding="utf-8"))
    fields = [CompanyField(name, it) for it in FieldType for name in data[it] if isinstance(data[it], list)]
    for it in (FieldType.REFERENCE, FieldType.ARRAY):
        fields += [CompanyField(name, it, tuple(parts)) for name, parts in data[it].items()]
    return {it.name.lower(): it for it in fields}


def find_field(path: str) -> CompanyField | None:
    """The field that a path begins with, whatever its capitals."""
    return load_fields().get(path.partition("/")[0].lower())


def suggest_path(path: str) -> str | None:
    """The known path that looks most like this one, or None where nothing does."""
    paths = [name for it in load_fields().values() for name in _paths(it)]
    folded = {it.lower(): it for it in paths}
    near = difflib.get_close_matches(path.lower(), folded, 1, 0.72)
    return folded[near[0]] if near else None


def _paths(it: CompanyField) -> tuple[str, ...]:
    return tuple(f"{it.name}/{part}" for part in it.parts) if it.parts else (it.name,)
