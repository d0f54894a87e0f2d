"""What must never be in an image, a wheel or a source distribution, by its name."""

import re
from typing import Final

FORBIDDEN: Final = re.compile(
    r"(^|/)(tests?|\.git|\.venv|node_modules|secrets?|__pycache__|\.[a-z]+_cache|build|dist|\.cw-bot)(/|$)"
    r"|(^|/)(\.env[^/]*|[^/]*\.(pyc|pyo|pem|key|keys|crt|log|sock|aof|rdb|backup)|id_[a-z0-9]+|\.coverage[^/]*)$"
)
EGG_INFO: Final = re.compile(r"(^|/)[^/]+\.egg-info(/|$)")
