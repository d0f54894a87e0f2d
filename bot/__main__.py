"""`cw-bot` and `python -m bot`: a start-up failure is one sentence and an exit code, never a traceback."""


def main() -> None:
    """Run the command line."""
    from bot.cli import app

    app()


if __name__ == "__main__":
    main()
