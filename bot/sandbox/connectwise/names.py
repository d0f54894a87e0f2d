"""Made-up names, from which the companies and people of the sandbox are drawn."""

import json
from importlib.resources import files
from typing import Final

_NAMES: Final[dict[str, list[str]]] = json.loads(files(__package__).joinpath("names.json").read_text("utf-8"))

FIRST_NAMES: Final = tuple(_NAMES["first_names"])
LAST_NAMES: Final = tuple(_NAMES["last_names"])
COMPANY_FIRST: Final = tuple(_NAMES["company_first"])
COMPANY_SECOND: Final = tuple(_NAMES["company_second"])
TICKET_SUMMARIES: Final = tuple(_NAMES["ticket_summaries"])
