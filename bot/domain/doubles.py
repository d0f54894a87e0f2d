"""Instances that look like one another: the same company at the same host, perhaps with the same key."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.instance import Credentials, Instance


@dataclass(frozen=True, slots=True)
class Doubles:
    """Names of other instances: those of the same host and company, and those of them that have the same key."""

    same_key: tuple[str, ...] = ()
    same_company: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is none."""
        return not (self.same_key or self.same_company)

    def only_same_key(self) -> "Doubles":
        """Without the others, where these were told before."""
        return Doubles(same_key=self.same_key)


def find_doubles(
    others: Iterable[Instance],
    *,
    host: str,
    company: str,
    credentials: Credentials | None = None,
    besides: str = "",
) -> Doubles:
    """Which instances connect the same company at the same host. `besides` is the id of the one that asks.

    Each name is in one of the two lists. Company ids are compared whatever their capitals.
    """
    place = (host.casefold(), company.casefold())
    near = [it for it in others if it.id != besides and (it.host.casefold(), it.company.casefold()) == place]
    same = [it for it in near if _has_same_key(it, credentials)]
    return Doubles(
        same_key=tuple(it.name for it in same), same_company=tuple(it.name for it in near if it not in same)
    )


def _has_same_key(other: Instance, credentials: Credentials | None) -> bool:
    if other.credentials is None or credentials is None:
        return False
    return other.credentials.public_key == credentials.public_key
