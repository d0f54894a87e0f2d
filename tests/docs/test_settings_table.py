"""The README's table of settings leaves none out."""

from tests.docs.test_settings import rows_of_the_table, settings


def test_the_readmes_table_has_every_setting() -> None:
    missing = sorted(settings() - rows_of_the_table())
    assert not missing, f"README.md, Settings: a row is missing for {', '.join(missing)}"
