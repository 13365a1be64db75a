"""A log without what tells whose it is: servers, accounts and addresses become numbers."""

from __future__ import annotations

import re

# bounded, for a text without blanks would be walked through again from each of its letters
_MAIL = r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
_UNC_HOST = r"(?<=\\\\)(?![.?]\\)[^\\/\s<>:\"|?*]{1,255}(?=\\)"
_IPV4 = r"\b(?:\d{1,3}\.){3}\d{1,3}\b"
# five groups or a gap of "::", for 09:55:37 is a time
_IPV6 = (
    r"\b(?:[0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}\b"
    r"|\b(?=[0-9a-f:]{0,39}::)[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){2,7}"
)
_TOP = "local|lan|corp|internal|com|net|org|example|test|[a-z]{2}"
# two labels before the end, for FORMAT.COM is a file
_FQDN = rf"\b[a-z][\w-]{{0,62}}(?:\.[\w-]{{1,63}}){{1,8}}\.(?:{_TOP})\b"
_ACCOUNT = r"(?<![\w\\:.$-])[A-Za-z][A-Za-z0-9_-]{1,14}\\[\w.$-]{1,64}(?![\w\\.$-])"
_HOME = r"(?<=\\Users\\)[^\\\s]+|(?<=\\Documents and Settings\\)[^\\\s]+"
_USER = r"(?:(?<=[Uu]ser[ :=])|(?<=[Uu]ser name[ :]))\s*[^\s,;<>]+"
_WORD = re.compile(r"[\w$-]{3,}")
_DOTTED = re.compile(r"(?<![\w.-])[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
# the order matters: what a longer pattern has replaced is not looked at again
_KINDS = (
    ("TOKEN", re.compile(r"\bx(?:ox[a-z]|app)-[\w-]+")),
    ("MAIL", re.compile(_MAIL)),
    ("SID", re.compile(r"\bS-1-\d+(?:-\d+){1,14}\b")),
    ("SERVER", re.compile(_UNC_HOST)),
    ("ADDRESS", re.compile(f"{_IPV4}|{_IPV6}", re.IGNORECASE)),
    ("HOST", re.compile(_FQDN, re.IGNORECASE)),
    ("USER", re.compile(f"{_HOME}|{_USER}|{_ACCOUNT}")),
)


def redact(text: str, names: tuple[str, ...] = ()) -> str:
    """Replace what identifies somebody, each thing by the same word wherever it stands.

    `names` are servers and the like that are known from elsewhere.
    """
    known: dict[str, str] = {}
    counts: dict[str, int] = {}

    def name(kind: str, value: str) -> str:
        key = value.strip().casefold()
        if key not in known:
            counts[kind] = counts.get(kind, 0) + 1
            known[key] = f"{kind}{counts[kind]}"
        return known[key]

    for kind, pattern in _KINDS:
        text = pattern.sub(lambda match, kind=kind: name(kind, match[0]), text)  # type: ignore[misc]
    servers = {value.casefold() for value in names} | {
        key for key, word in known.items() if word.startswith("SERVER")
    }

    def server(match: re.Match[str]) -> str:
        return name("SERVER", match[0]) if match[0].casefold() in servers else match[0]

    # names with a domain first, then the short ones that are left
    return _WORD.sub(server, _DOTTED.sub(server, text))
