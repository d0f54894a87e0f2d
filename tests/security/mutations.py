"""Genuine payloads with something wrong in them: what a fuzzer sends that has the signing secret."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from hypothesis import strategies as st

# Stands in everything that is made up, and must stand in no log and no answer's traceback.
CANARY: Final = "Zx9Canary7Word"

_ODD_TEXTS: Final = (
    "",
    " ",
    CANARY,
    f"{CANARY}\n[critical] forged line",
    f"{CANARY}\x00\x1b[2J",
    f"{CANARY}\ud800",  # half of a pair: no UTF-8 can hold it
    f"<!channel> {CANARY}",
    f"{CANARY}:{CANARY}:9",
    f"../{CANARY}/{{}}",
    f'{{"instance_id": "{CANARY}", "edition": -1, "round": 1e999}}',
    '{"instance_id": ["' + CANARY + '"]}',
    "[" * 500,
    CANARY * 300,
    "9" * 400,
    "true",
    "null",
)
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 1, 2**31, 2**63, 10**30, 1e308, float("nan"), float("inf"), -0.0]),
    st.sampled_from(_ODD_TEXTS),
    st.text(max_size=20).map(lambda it: CANARY + it),
)
VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["id", "type", "value", "values", "text", "view", "team", CANARY]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)
# Where (as a share of all the places there are), what is done there, and with which value.
CHANGES = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.sampled_from(["replace", "replace", "delete", "repeat", "wrap", "rename"]),
        VALUES,
    ),
    min_size=1,
    max_size=4,
)


def mutate(body: dict[str, Any], changes: Sequence[tuple[float, str, Any]]) -> dict[str, Any]:
    """The payload with these changes; it stays an object."""
    mutant: dict[str, Any] = json.loads(json.dumps(body))
    for share, what, value in changes:
        there = list(places(mutant))
        if there:
            holder, key = there[int(share * len(there))]
            _change(holder, key, what, value)
    return mutant


def places(value: Any, within: str = "") -> Iterator[tuple[Any, Any]]:
    """Every place of a payload, as its holder and key; not the inner parts of blocks, which nobody reads."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in list(items):
        if within not in ("block", "hidden") or key in ("type", "block_id"):
            yield value, key
        yield from places(inner, _within(within, key))


def _within(within: str, key: Any) -> str:
    if key == "blocks":
        return "blocks"
    return {"blocks": "block", "block": "hidden", "hidden": "hidden"}.get(within, "")


def _change(holder: Any, key: Any, what: str, value: Any) -> None:
    if what == "delete":
        del holder[key]
    elif what == "repeat":
        holder[key] = [holder[key], holder[key]]
    elif what == "wrap":
        holder[key] = {CANARY: holder[key]}
    elif what == "rename" and isinstance(holder, dict):
        holder[f"{key}{CANARY}"] = holder.pop(key)
    else:
        holder[key] = value
