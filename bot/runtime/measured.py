"""A verifier whose verdicts are counted."""

from collections.abc import Callable

from bot.domain.report import Layer, Report
from bot.services.ports import Clock
from bot.services.verification import Budget, Target, Verifier, read_clock
from bot.services.verification_ports import Sites


class MeasuredVerifier(Verifier):
    """`concluded` is told of each verdict."""

    def __init__(
        self,
        sites: Sites,
        *,
        concluded: Callable[[Report], None],
        clock: Clock = read_clock,
        default_client_id: str = "",
    ) -> None:
        super().__init__(sites, clock=clock, default_client_id=default_client_id)
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
        report = await super().verify(
            target, deadline_seconds=deadline_seconds, budget=budget, on_layer=on_layer, is_light=is_light
        )
        self._concluded(report)
        return report
