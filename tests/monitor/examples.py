"""Reports and instances to decide on."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from bot.domain.instance import Credentials, Instance, Standing
from bot.domain.report import LAYERS, Layer, LayerName, Outcome, Report, RightFinding, Rights, State, conclude

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def make_report(
    *,
    failed: LayerName | None = None,
    unknown: LayerName | None = None,
    is_light: bool = False,
    rights: Rights | None = None,
    when: datetime = START,
    **facts: Any,
) -> Report:
    """A report that is fine up to the layer that failed, or could not be told."""
    layers = []
    is_over = False
    for name in LAYERS[:5] if is_light else LAYERS:
        state = State.FAIL if name == failed else State.UNKNOWN if name == unknown else State.OK
        key = {State.FAIL: "keys_refused", State.UNKNOWN: "server_error"}.get(state)
        layers.append(
            Layer(
                name=name, state=State.SKIPPED if is_over else state, summary=f"About {name}.", error_key=key
            )
        )
        is_over |= state is not State.OK
    return Report(
        outcome=conclude(layers),
        site="psa.example",
        company="acme",
        checked_at=when,
        layers=tuple(layers),
        rights=rights or Rights(),
        facts={"method": "mySecurity", "version": "v2025.1", **facts},
    )


def make_instance(**changes: Any) -> Instance:
    fields: dict[str, Any] = {
        "id": "i1",
        "team_id": "T1",
        "name": "Production",
        "host": "psa.example",
        "company": "acme",
        "standing": Standing.VERIFIED,
        "credentials": Credentials(public_key=SecretStr("p"), private_key=SecretStr("q")),
        "created_by": "U1",
        "created_at": START,
        "report": make_report(),
    }
    return Instance(**{**fields, **changes})


def missing(function: str = "Companies") -> Rights:
    """A role that lost a level."""
    finding = RightFinding(module="Companies", function=function, level="inquire", have="None", want="All")
    return Rights(missing=(finding,))


__all__ = ["START", "Outcome", "at", "make_instance", "make_report", "missing"]
