"""What Slack, mail, terminals and viewers did to a line is undone, and nothing else is touched."""

from __future__ import annotations

import json
import quopri

import pytest

from bot.reading.unmangle import read_page

LINE = (
    r"~Copying E:\_S M0001.TMP\R&D.dll to E:\SMS_PKGE\HAL0002A\R&D.dll, Failed, Win32 Error = 32"
    "  $$<SMS_DESPOOLER><Tue Mar 03 02:10:41 1998~><thread=DB>"
)
ESCAPED = LINE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def undone(text: str) -> str:
    return read_page("paste", 1, text).text.removesuffix("\n")


WHOLE = {
    "nothing": LINE,
    "Slack's entities": ESCAPED,
    "entities escaped twice": ESCAPED.replace("&", "&amp;"),
    "entities as numbers": LINE.replace("<", "&#60;").replace(">", "&#x3E;"),
    "a quote of mail": f"> {LINE}",
    "a quote in a quote": f"> > {LINE}",
    "a quote without its blank": f">>{LINE}",
    "Slack's escaped quote": f"&gt; {ESCAPED}",
    "a fence on the same line": f"```{LINE}```",
    "a code span": f"`{LINE}`",
    "a fence of a ticket": f"{{noformat}}{LINE}{{noformat}}",
    "zero-width marks": LINE.replace("Copying", "Copy\u200bing").replace("E:", "\u200eE:"),
    "a soft hyphen": LINE.replace("DESPOOLER", "DES\u00adPOOLER"),
    "hard blanks": LINE.replace(" ", "\u00a0"),
    "narrow hard blanks": LINE.replace(" ", "\u202f"),
    "a byte order mark in front": f"\ufeff{LINE}",
    "NULs": LINE.replace("Win32", "\0W\0i\0n\x0032"),
    "the end mark of DOS": f"{LINE}\x1a",
    "a JSON string": json.dumps(LINE)[1:-1],
    "a JSON string inside one": json.dumps(json.dumps(LINE)[1:-1])[1:-1],
}


@pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE)
def test_is_undone(text: str) -> None:
    assert undone(text) == LINE


PIECES = {
    "a link with its label": ("a <http://FORMAT.COM|FORMAT.COM> b", "a FORMAT.COM b"),
    "a link whose label is a path": (
        r"to E:\HAL0002A\<http://FORMAT.COM|FORMAT.COM>, Failed",
        r"to E:\HAL0002A\FORMAT.COM, Failed",
    ),
    "a link to mail": ("<mailto:a@b.example|a@b.example>", "a@b.example"),
    "a link to a file share": (r"<file:////DIST04/SMS|\\DIST04\SMS>", r"\\DIST04\SMS"),
    "an escaped link": ("&lt;http://FORMAT.COM|FORMAT.COM&gt;", "FORMAT.COM"),
    "an address that mail put after its label": ("FORMAT.COM<http://FORMAT.COM> b", "FORMAT.COM b"),
    "an address alone": ("see <https://wiki.example/x>", "see wiki.example/x"),
    "a link of markdown": ("to [FORMAT.COM](http://FORMAT.COM), Failed", "to FORMAT.COM, Failed"),
    "a channel with its label": ("in <#C012AB3CD|servers>", "in servers"),
    "a date of Slack": ("<!date^906000000^{date}|10 Sep 1998>", "10 Sep 1998"),
    "curved apostrophes": ("There isn’t, ‘it’", "There isn't, 'it'"),
    "curved quotes": ("“E:\\a.dll” „b“", '"E:\\a.dll" "b"'),
    "tags of a web page": ("a<br/>b <b>c</b>", "a b  c "),
    "a quoted-printable sign": ("Win32 Error =3D 32", "Win32 Error = 32"),
    "a quoted-printable letter of UTF-8": ("Error =3D 5 B=C3=BCro", "Error = 5 Büro"),
    "a quoted-printable letter of Windows": ("Error =3D 5 B=FCro", "Error = 5 Büro"),
}
KEPT = {
    "a mention": "<@U012AB3CD> please look",
    "everybody": "<!channel> please look",
    "a placeholder": r"\\<Server>\<Share>\<PackageID>",
    "a stamp": "$$<SMS_DESPOOLER><Tue Mar 03 02:10:41 1998~><thread=DB>",
    "a stamp with its hexadecimal thread": "<thread=297 (0x129)>",
    "a damaged stamp": "$$>SMS_DESPOOLER><Tue Mar 03 02:10:41 1998~><thread=DB>",
    "a UNC name": r"\\DIST04\SMS_PKGE\new\table\x.dll",
    "a path whose parts begin like escapes": r"E:\new\table\report\bin\font\u0041.dll",
    "a single backtick in a name": r"E:\it`s\a.dll",
    "dollar, ampersand and semicolon in a name": r"E:\a$b&c;d\e&f;.dll",
    "a name that only looks like an entity": r"E:\AT&T;\R&D\a.dll",
    "an equals sign with two figures": "thread=20 and =41",
    "the thread 3D0": "~Copying, Win32 Error = 32  $$<SMS_DESPOOLER><thread=3D0>",
    "the thread E0 below a code at the end of its line": "Win32 Error =\n32 <thread=E0>",
    "the thread 3D": "~Copying, Win32 Error = 32  $$<SMS_DESPOOLER><thread=3D>",
    "a bracket in the middle": "a > b",
    "an arrow": "a -> b",
    "letters of other alphabets": "Файл занят, Größe 5 µm",
    "tabs": "a\tSMS_DESPOOLER\t07.08.2012",
    "CMTrace's brackets": '<![LOG[a]LOG]!><time="02:14:07.118-60" date="03-04-2019" thread="7732">',
    "XML of events": "<Event><System><EventID>109</EventID></System></Event>",
}


@pytest.mark.parametrize(("text", "plain"), PIECES.values(), ids=PIECES)
def test_is_read_as(text: str, plain: str) -> None:
    assert undone(text) == plain


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_stays(text: str) -> None:
    assert undone(text) == text


def test_a_line_of_mail_that_was_broken_in_a_word_is_joined_by_a_mark() -> None:
    encoded = quopri.encodestring(LINE.encode()).decode()
    assert "=\n" in encoded
    assert undone(encoded) == LINE


def test_one_paragraph_of_mail_does_not_decode_the_next() -> None:
    assert undone("Win32 Error =3D 32\n\nthread=20") == "Win32 Error = 32\n\nthread=20"


def test_every_character_still_knows_its_line() -> None:
    page = read_page("paste", 7, "```\n&gt; a &amp; b\n<http://FORMAT.COM|FORMAT.COM>\n```")
    offset = page.text.index("FORMAT")
    assert page.first_line + page.row(offset) == 9
    assert page.quote(offset, offset + 1, (offset, offset + 1)).text == (
        "<http://FORMAT.COM|FORMAT.COM>"
    )
