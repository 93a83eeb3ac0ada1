"""Where a server is: with or without ``/v1``, spelled in one way."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from workbench.domain.errors import BadSetting


def base_url(text: str, where: str) -> str:
    """``http://h:1``, ``http://h:1/v1/`` and ``http://h:1/v1/videos`` all mean ``http://h:1/v1``.

    Empty stays empty. ``where`` names the setting. Raises ``BadSetting``.
    """
    text = text.strip().rstrip("/")
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or re.search(r"\s", text):
        raise BadSetting(
            f"{where} is no web address; it takes one such as http://127.0.0.1:8091/v1 or https://host/v1."
        )
    if parts.username or parts.query or parts.fragment:
        raise BadSetting(
            f"{where} carries a user, a question mark or a hash; it takes the bare address, "
            f"and the key belongs in a variable of its own."
        )
    text = re.sub(r"/videos$", "", text)
    return text if re.search(r"/v\d+[a-z0-9]*$", text) else f"{text}/v1"
