"""Which addresses may be sent the bot's token: Slack's own, and the configured Web API's."""

from __future__ import annotations

import re

from yarl import URL

# no user, no backslash, no blank, no percent sign and no foreign letter before the path: what
# parsers read in different ways is refused before one of them is asked
_UNAMBIGUOUS = re.compile(
    r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?(?:[/?#][^\x00-\x20\\]*)?",
    re.IGNORECASE | re.ASCII,
)
_SLACK = re.compile(r"(?:[a-z0-9-]+\.)*slack\.com")


class Places:
    """Slack's hosts over https, and the origin of the Web API that was configured."""

    def __init__(self, api_url: str) -> None:
        self._api = _origin(URL(api_url))

    def trusted(self, address: str) -> URL | None:
        """Parse an address that may be sent the token; None for any other.

        The URL returned is the one to connect to: parsing the text again might read it otherwise.
        """
        if not _UNAMBIGUOUS.fullmatch(address):
            return None
        try:
            url = URL(address)
        except ValueError:
            return None
        scheme, host, port = _origin(url)
        if (scheme, port) == ("https", 443) and _SLACK.fullmatch(host):
            return url
        return url if (scheme, host, port) == self._api else None


def _origin(url: URL) -> tuple[str, str, int | None]:
    return url.scheme, (url.raw_host or "").lower(), url.port
