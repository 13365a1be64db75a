"""Which encoding the bytes of a text are in, told by plausibility where no mark says so."""

from __future__ import annotations

import codecs
import re
from typing import Literal

from bot.errors import BinaryInput

SAMPLE = 1024 * 1024  # bytes of the beginning that are judged

MARKS = (  # the longer marks first: the UTF-32 one begins like the UTF-16 one
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\x0b\x0c\r\x1a\x1b\x08\x07\x00"))
_CONTROL_SHARE = 0.03  # random bytes have 0.1, logs with a stray byte far less
_BEYOND = bytes(range(128, 256))
_HEAD_8BIT = re.compile(rb"[\t\r\n\x20-\x7e]{8,4096}")
_LATIN = ("cp1252", "cp850")
_WORD = re.compile(rb"[\x40-\xff]+")  # no second byte of a cp932 pair is below 0x40
_OPENING = "„“‘‹«¿¡"
_CLOSING = "”’…›»®™©"
_BOXES = re.compile("[\u2500-\u259f]")
_ASIAN = "[\u3000-\u30ff\u4e00-\u9fff\uff01-\uff9f]"
_JAPANESE = f"{_ASIAN}{{2,}}"
_JAPANESE_FOR_SURE = f"(?<![A-Za-z]){_ASIAN}{{2,}}(?![A-Za-z])|{_ASIAN}{{3,}}"
_WIDE_START = (
    (re.compile(rb"(?:[\t\r\n\x20-\x7e]\x00){4}"), "utf-16-le"),
    (re.compile(rb"(?:\x00[\t\r\n\x20-\x7e]){4}"), "utf-16-be"),
)

_FORMS = (
    (b"\x89PNG", "a picture"),
    (b"GIF8", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"%PDF-", "a PDF"),
    (b"SQLite format 3\x00", "a database"),
    (b"\xd0\xcf\x11\xe0", "an Office document"),
    (b"{\\rtf", "an RTF document"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"MSCF\x00", "a CAB archive"),
    (b"\xfd7zXZ\x00", "an XZ archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"BZh91AY&SY", "a bzip2 archive"),
    (b"\x7fELF", "a program"),
)
_ARCHIVES = ("7-Zip", "RAR", "CAB", "XZ", "Zstandard", "bzip2")


def sniff(sample: bytes, *, whole: bool) -> str:
    """Return the codec name of a text that begins with `sample`.

    `whole` says that nothing follows the sample. Raises BinaryInput for what is not text.
    """
    for mark, name in MARKS:
        if sample.startswith(mark) and not (name == "utf-32-le" and len(sample) % 4 and whole):
            return name
    _refuse_known_forms(sample)
    wide = _utf16(sample)
    if wide is not None:
        return wide
    narrow = sample.translate(None, b"\x00") if b"\x00" in sample else sample
    _refuse_noise(narrow)
    return eight_bit(narrow, whole=whole)


def eight_bit(sample: bytes, *, whole: bool) -> str:
    """Return the codec name of a text whose ASCII letters are single bytes."""
    if sample.isascii() or _is_utf8(sample, whole=whole):
        return "utf-8"
    words = _words(sample)
    scores = {name: _latin_score(words, name) for name in _LATIN}
    best = max(scores.values())
    if best < _japanese_score(words, _JAPANESE) >= 0.7:
        return "cp932"
    if best <= _japanese_score(words, _JAPANESE_FOR_SURE) >= 0.7 and scores["cp1252"] < 0.9:
        return "cp932"
    return "cp850" if scores["cp850"] > scores["cp1252"] else "cp1252"


def _refuse_known_forms(sample: bytes) -> None:
    for magic, form in _FORMS:
        if sample.startswith(magic):
            if any(word in form for word in _ARCHIVES):
                raise BinaryInput(f"This is {form}: unpack it, or pack it as .zip or .gz.")
            raise BinaryInput(_not_text(form))
    if sample.startswith(b"MZ") and b"\x00" in sample[:64]:
        raise BinaryInput(_not_text("a program"))


def _refuse_noise(narrow: bytes) -> None:
    if not narrow:
        raise BinaryInput("This holds nothing but zero bytes: copy or export the log again.")
    controls = len(narrow) - len(narrow.translate(None, _CONTROLS))
    if controls > max(4, len(narrow) * _CONTROL_SHARE):
        raise BinaryInput(
            "This is not text: export the log as text, or give the .evt or .evtx file itself."
        )


def _not_text(form: str) -> str:
    return f"This is {form}, no log: export it as text, or give the .evt or .evtx file itself."


def _utf16(sample: bytes) -> str | None:
    """Recognise UTF-16 without a mark by the zero bytes on one side of the pairs."""
    head = _HEAD_8BIT.match(sample)  # a line that some 8-bit program wrote on top
    wide = sample[head.end() :] if head else sample
    first, second = wide[0::2].count(b"\x00"), wide[1::2].count(b"\x00")
    if max(first, second) * 10 <= len(wide) or min(first, second) * 8 > max(first, second):
        return None
    for mark, name in MARKS[-2:]:
        if wide.startswith(mark):
            return name
    for start, name in _WIDE_START:
        if start.match(sample):
            return name
    if head is None:
        return "utf-16-be" if first > second else "utf-16-le"
    return "utf-16-be" if sample[head.end() - 1] in b"\r\n" else "utf-16-le"


def _is_utf8(sample: bytes, *, whole: bool) -> bool:
    """Tell UTF-8, also where a few bytes of a long text are damaged."""
    try:
        codecs.utf_8_decode(sample, "strict", whole)
    except UnicodeDecodeError:
        text = sample.decode("utf-8", "replace")
        wrong = text.count("\ufffd")
        right = len(text.encode("utf-16-le")) // 2 - len(sample.translate(None, _BEYOND)) - wrong
        return right > 4 * wrong
    return True


def _words(sample: bytes) -> list[bytes]:
    """Return the words around the first bytes beyond ASCII."""
    first = re.search(rb"[\x80-\xff]", sample)
    start = max(0, first.start() - 64) if first else 0
    part = sample[start : start + 65536]
    return [word for word in _WORD.findall(part) if not word.isascii()]


def _latin_score(words: list[bytes], name: str) -> float:
    right = total = 0
    for word in words:
        text = f" {word.decode(name, 'replace')} "
        for before, char, after in zip(text, text[1:], text[2:], strict=False):
            if not char.isascii():
                total += 1
                right += _fits(before, char, after)
    return right / total if total else 0.0


def _fits(before: str, char: str, after: str) -> bool:
    """Tell whether a character beyond ASCII stands where people write it."""
    if char == "\ufffd" or "\x80" <= char < "\xa0":
        return False
    if char.isalpha() and char not in "ªºƒ":
        return char not in (before, after) and (char.islower() or not before.islower())
    if _BOXES.match(char):
        return not before.isalnum() and not after.isalnum()
    if char == "’":
        return True
    if char in _OPENING:
        return not before.isalnum() and not after.isspace()
    if char in _CLOSING:
        return not after.isalnum()
    return not (before.isalpha() or after.isalpha())


def _japanese_score(words: list[bytes], pattern: str) -> float:
    runs = re.compile(pattern)  # takes long enough to wait until it is needed
    right = total = 0
    for word in words:
        text = word.decode("cp932", "replace")
        total += sum(not char.isascii() for char in text)
        right += sum(len(run) for run in runs.findall(text))
    return right / total if total else 0.0


def kind_of(head: bytes) -> Literal["gz", "zip"] | None:
    """Tell an archive by its first bytes."""
    if head.startswith(b"\x1f\x8b\x08"):
        return "gz"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08PK")):
        return "zip"
    return None
