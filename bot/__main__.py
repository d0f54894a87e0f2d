"""`cw-bot` and `python -m bot`: a start-up failure is one sentence and an exit code, never a traceback."""

import sys


def main() -> None:
    """Run the command line; `run` by itself goes without one, which is the quicker start."""
    if sys.argv[1:] == ["run"]:
        from bot.runtime.serve import run

        sys.exit(run())
    from bot.cli import app

    app()


if __name__ == "__main__":
    main()
