"""What a log line says: which file operation on which path succeeded or failed, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.reading.operands import operands
from bot.reading.page import Page
from bot.reading.paths import PATH_START

SHARING_VIOLATION = 32
_WINDOW = 1500  # characters before a code in which its operation is looked for
DISK_FULL = 112
_HRESULT_WIN32 = 0x8007
_NUMBER = re.compile(r"0[xX][0-9A-Fa-f]{1,8}|\d{1,12}")
_NUMBER_BROKEN = re.compile(r"\d{1,12}\n\d{1,12}(?=[\s.,;)~<$])")
_NUMBER_BEFORE_STAMP = re.compile(r"\d{1,12}\n\d{1,12}(?=[\s.~]{0,8}(?:\${1,2}[<>]|\]LOG\]))")

# All patterns of tails and verbs run over the text without its blanks, so a wrap breaks none,
# and in small letters, so that the engine can skip to a first letter.
_TAILS = re.compile(
    r"""
      (?P<code>win32(?:error)?(?:code)?[=:]+(?:3d(?=\d))?(?P<n1>0x[0-9a-f]{1,8}|\d{1,12}))
    | (?P<words>theoperatingsystemreportederror(?P<n2>\d{1,10}):
          (?:theprocesscannotaccessthefilebecauseitisbeingusedbyanotherprocess|accessisdenied)?)
    | (?P<bare>error(?P<n3>\d{1,5}):
          (?:theprocesscannotaccessthefile(?:becauseitisbeingusedbyanotherprocess)?|accessisdenied
          |thereisnotenoughspaceonthedisk|thesystemcannotfindthe\w+specified|thediskisfull))
    | (?P<sharing>becauseof(?:an?)?sharingviolation)
    | (?P<hresult>(?:0x8007|8007(?<=[=:(]8007))(?P<n4>[0-9a-f]{4})(?![0-9a-f]))
    | (?P<space>thereisnotenoughspaceonthedisk
          (?:\.?\(?(?:exceptionfrom)?hresult[:=]*0x8007[0-9a-f]{4}\)?)?)
    | (?P<inuse>theprocesscannotaccessthefilebecauseitisbeingusedbyanotherprocess)
    | (?P<ok>,ok)
    """,
    re.VERBOSE,
)
_OPERATIONS = (
    r"deltree|copy|open|create|write|read|decompress|uncompress|compress|access|move|rename|delete"
    r"|replace|remove|extract|unpack|install|save|store|load|update|add|send|transfer|erase"
)
_GERUNDS = {
    "copying": "copy",
    "moving": "move",
    "opening": "open",
    "creating": "create",
    "writing": "write",
    "decompressing": "decompress",
    "uncompressing": "decompress",
    "extracting": "extract",
    "deleting": "delete",
    "replacing": "replace",
    "renaming": "rename",
    "installing": "install",
    "storing": "store",
    "updating": "update",
    "reading": "read",
    "transferring": "transfer",
    "accessing": "access",
}
_VERBS = re.compile(
    rf"""
      (?:fail(?:ed|ure|s|ing)?|unable|notable|n['´]?table)(?:to|while|when|in)?
          (?P<tried>{_OPERATIONS})(?:ing)?
    | (?:could|can|did)(?:not|n?['´]?t)(?P<could>{_OPERATIONS})
    | (?P<gerund>{"|".join(_GERUNDS)})
          (?=(?:the)?(?:file|package|directory)?['"`<]*(?:[a-z$]:[\\/]|\\\\)
          |[^,]{{1,255}}to['"`]*(?:[a-z$]:[\\/]|\\\\))
    | error(?P<erring>{"|".join(_GERUNDS)})
    | (?:warning|error)[-:]+(?P<plain>delete|copy|move|open|create|write)(?=[a-z]{{0,20}}file)
    | ::(?P<called>add|write|open|create|copy)(?:file)?failed
    | (?P<source>packagesource)
    """,
    re.VERBOSE,
)
_PATH = re.compile(PATH_START)
_SMS_WORDS = re.compile(
    r"::addfile|::writefile|contentlibrary|contentdefinition|filelibrary|distributionpoint|despool"
    r"|distmgr|pkgxfer|(?<![\\\w])sms_",
    re.IGNORECASE,
)
_NOT_UNPACKED = re.compile(r"cannot\s+decompress\s+instruction\s+file", re.IGNORECASE)
_PLAIN_COPY = re.compile(r"copying(?=[a-z]:\\|\\\\)")
_OTHER_VERB = re.compile(r"fail(?!ed,?win32|ed,?$)|could|cannot|unable|warning|packagesource")
_ROBOCOPY = re.compile(r"error\d{1,5}\(0x[0-9a-f]{8}\)$", re.IGNORECASE)
_TILDE_ENDS = re.compile(r"[.)\s]*~{1,2}[ \t]*(?:\Z|\n|\$)")
_INSTRUCTION = re.compile(r"\.ins\b|\bins\s+file|instruction\s+file", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """What was tried; offsets are of the squeezed text."""

    start: int
    end: int
    operation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One report of a file operation; offsets are of the page's text."""

    start: int
    end: int
    claim: int  # where the code, or the words that stand for it, begin
    operation: str
    source_path: str | None
    path: str | None
    win32_error: int | None
    succeeded: bool
    needs_stamp: bool  # such words alone are not enough without an SMS log's frame
    clue: str | None  # what the wording tells about the kind of file: `instruction`, `remote`, …


def statements(page: Page) -> Iterator[Statement]:
    """Yield the statements of a page in the order of the text, in linear time."""
    squeezed = page.squeezed.folded
    floor = 0  # where the text of this statement may begin, in the squeezed text
    for tail_match in _TAILS.finditer(squeezed):
        kind = tail_match.lastgroup or ""
        error = _error(page, kind, tail_match)
        statement = None
        if error or (kind == "ok" and _ends_word(page, tail_match.end())):
            paragraph = page.paragraph_start(page.squeezed.origin(tail_match.start()))
            begin = max(floor, tail_match.start() - _WINDOW, page.squeezed.position(paragraph))
            statement = _statement(page, begin, kind, tail_match, error)
        if statement is not None:
            yield statement
        if statement is not None or kind != "ok":
            floor = tail_match.end()


def _ends_word(page: Page, end: int) -> bool:
    after = page.text[page.squeezed.end_origin(end) :][:1]
    return not (after.isalnum() or after in ("\\", "_", "."))


def _error(page: Page, kind: str, match: re.Match[str]) -> int | None:
    if kind in ("sharing", "inuse"):
        return SHARING_VIOLATION
    if kind == "space":
        return DISK_FULL
    if kind == "hresult":
        return int(match["n4"], 16)
    group = next((name for name in ("n1", "n2", "n3") if match[name]), None)
    return _number(page, match.start(group)) if group else None


def _number(page: Page, begin: int) -> int | None:
    """Read the code at an offset of the squeezed text, which no longer shows where it ends."""
    offset = page.squeezed.origin(begin)
    match = _NUMBER.match(page.text, offset)
    if match is None:
        return None
    written = match[0]
    full = len(page.raw[page.row(offset)]) == page.hard_width
    if broken := (_NUMBER_BROKEN if full else _NUMBER_BEFORE_STAMP).match(page.text, offset):
        written = broken[0].replace("\n", "")
    code = int(written, 16 if written[:2] in ("0x", "0X") else 10)
    return code & 0xFFFF if code >> 16 == _HRESULT_WIN32 else code


def _statement(
    page: Page, floor: int, kind: str, match: re.Match[str], error: int | None
) -> Statement | None:
    verb = _verb(page, floor, match.start())
    if verb is None and kind in ("code", "ok", "sharing"):
        return None
    start = page.squeezed.origin(verb.start if verb else match.start())
    claim = page.squeezed.origin(match.start())
    operation = verb.operation if verb else "access"
    between = page.text[page.squeezed.end_origin(verb.end) : claim] if verb else ""
    source_path, path = operands(page, operation, between, start)
    if kind == "ok" and not path:
        return None
    return Statement(
        start=start,
        end=page.squeezed.end_origin(match.end()),
        claim=claim,
        operation=operation,
        source_path=source_path,
        path=path,
        win32_error=error,
        succeeded=kind == "ok",
        needs_stamp=_needs_stamp(page, kind, match, start),
        clue=_clue(kind, between, path, page.text[claim : claim + 200]),
    )


def _verb(page: Page, floor: int, ceiling: int) -> Verb | None:
    """Choose the last verb before the code that has a path behind it, else the last one."""
    folded = page.squeezed.folded
    copying = folded.rfind("copying", floor, ceiling)
    plain = _PLAIN_COPY.match(folded, copying, ceiling) if copying >= 0 else None
    if plain and not _OTHER_VERB.search(folded, copying, ceiling):
        return None if _is_robocopy(folded, copying) else _made_verb(plain, "copying")
    last = None
    with_path = None
    for match in _VERBS.finditer(folded, floor, ceiling):
        if _is_robocopy(folded, match.start()):
            return None
        last = match
        begin = page.squeezed.end_origin(match.end())
        if _PATH.search(page.text, begin, page.squeezed.origin(ceiling)):
            with_path = match
    chosen = with_path or last
    return _made_verb(chosen, next(text for text in chosen.groups() if text)) if chosen else None


def _made_verb(match: re.Match[str], word: str) -> Verb:
    if word == "packagesource":
        word = "access"
    operation = _GERUNDS.get(word, word.replace("uncompress", "decompress"))
    return Verb(start=match.start(), end=match.start() + len(match[0]), operation=operation)


def _is_robocopy(folded: str, start: int) -> bool:
    return bool(_ROBOCOPY.search(folded, max(0, start - 24), start))


def _needs_stamp(page: Page, kind: str, match: re.Match[str], start: int) -> bool:
    if kind in ("code", "words", "sharing", "ok"):
        return False
    line = page.text[page.line_start(start) : page.squeezed.end_origin(match.end())]
    if kind == "bare":  # a line that begins with it is a log's; talk has it in mid-sentence
        return bool(line[: start - page.line_start(start)].strip(" \t~>*_"))
    tilde = _TILDE_ENDS.match(page.text, page.squeezed.end_origin(match.end()))
    return not (_SMS_WORDS.search("".join(line.split())) or tilde)


def _clue(kind: str, between: str, path: str | None, after: str) -> str | None:
    """Name the kind of file that the wording of an entry, or the entry below it, tells of."""
    if _INSTRUCTION.search(between) or (path is None and _NOT_UNPACKED.search(after)):
        return "instruction"
    if "remote" in between.casefold():
        return "remote"
    return {"sharing": "sharing", "words": "words", "bare": "words"}.get(kind)
