"""A verifier whose keys are masked in the log while it works with them, wherever they came from: a modal or the vault."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from bot.domain.report import Layer, Report
from bot.services.ports import Clock
from bot.services.verification import Budget, Target, Verifier, read_clock
from bot.services.verification_ports import Sites

Conceal = Callable[..., AbstractContextManager[None]]


class ConcealingVerifier(Verifier):
    """Registers a target's keys before anything is done with them. `concluded` is told of each verdict."""

    def __init__(
        self,
        sites: Sites,
        *,
        conceal: Conceal,
        clock: Clock = read_clock,
        default_client_id: str = "",
        concluded: Callable[[Report], None] = lambda _: None,
    ) -> None:
        super().__init__(sites, clock=clock, default_client_id=default_client_id)
        self._conceal = conceal
        self._concluded = concluded

    async def verify(
        self,
        target: Target,
        *,
        deadline_seconds: float = 20.0,
        budget: Budget = Budget.INTERACTIVE,
        on_layer: Callable[[Layer], None] | None = None,
        is_light: bool = False,
    ) -> Report:
        """As `Verifier.verify`."""
        with self._conceal(*_secrets(target)):
            report = await super().verify(
                target,
                deadline_seconds=deadline_seconds,
                budget=budget,
                on_layer=on_layer,
                is_light=is_light,
            )
        self._concluded(report)
        return report


def _secrets(target: Target) -> tuple[str, ...]:
    pair = target.credentials
    if pair is None:
        return ()
    return (pair.public_key.get_secret_value(), pair.private_key.get_secret_value())
