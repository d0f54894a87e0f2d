"""How calls to the world outside, and pieces of work, are watched: by whoever is told that one begins and how it ended.

An adapter is handed a `Begin` and knows nothing of what is behind it: metrics, traces, or nobody.
"""

from collections.abc import Callable

# Told how it ended, in one word of the adapter's own (`ok` where it went well); never anything that was typed.
End = Callable[[str], None]
# Told what begins: the name of a method, a command or a kind of job.
Begin = Callable[[str], End]


def unwatched(_name: str, /) -> End:
    """A `Begin` for calls that nobody watches."""
    return _nobody


def _nobody(_outcome: str, /) -> None:
    """Nobody is told."""
