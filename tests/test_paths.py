"""Paths are taken out of damaged text as they were, and tell server, share and package."""

from __future__ import annotations

import pytest

from bot.reading.paths import Place, named, package_id, place, readings, tidy

IDS = {
    "a site and five digits": ("CS100005", "CS100005"),
    "a site and hexadecimal": ("DOG0005D", "DOG0005D"),
    "a site that is half a number": ("A0100100", "A0100100"),
    "the central site of a later version": ("CAS0000F", "CAS0000F"),
    "hexadecimal letters in the middle": ("C0101B18", "C0101B18"),
    "lower case": ("dog0005d", "DOG0005D"),
    "an ID with W_ before it": ("W_M0200024", "M0200024"),
    "an ID with blanks around it": (" DOG0005D ", "DOG0005D"),
}
NO_IDS = {
    "a word of eight letters": "PROGRAMS",
    "eight letters that are hexadecimal": "ABCDEFAD",
    "figures in the site alone": "C01BADFA",
    "seven characters": "DOG0005",
    "nine characters": "DOG0005DE",
    "a letter that is not hexadecimal": "DOG0005G",
    "a file": "DOG0005D.PCK",
    "a folder that only begins so": "DOG0005D.BAK",
    "a name that only ends so": "OLD_DOG0005D",
    "a placeholder": "<PackageID>",
    "nothing": "",
}


@pytest.mark.parametrize(("text", "package"), IDS.values(), ids=IDS)
def test_is_a_package_id(text: str, package: str) -> None:
    assert package_id(text) == package


@pytest.mark.parametrize("text", NO_IDS.values(), ids=NO_IDS)
def test_is_no_package_id(text: str) -> None:
    assert package_id(text) is None


PLACES = {
    "a package under a share": (
        r"\\DIST04\SMS_PKGE\DOG0005D\a.dll",
        Place(server="DIST04", share="SMS_PKGE", package="DOG0005D"),
    ),
    "a package under a hidden share": (
        r"\\dist04.corp.example\SMSPKGE$\dog0005d",
        Place(server="dist04.corp.example", share="SMSPKGE$", package="DOG0005D"),
    ),
    "a package deep in a NetWare volume": (
        r"\\NWHAL\APPS\SMS\logon.srv\pcmpkg.src\CS100005\a.dll",
        Place(server="NWHAL", share="APPS", package="CS100005"),
    ),
    "the outer of two packages": (
        r"E:\SMS_PKGE\DOG0005D\DOG0005E\a.dll",
        Place(package="DOG0005D"),
    ),
    "a package on a drive": (r"E:\SMS_PKGE\DOG0005D\a.dll", Place(package="DOG0005D")),
    "a drive with slashes": ("E:/SMS_PKGE/DOG0005D/a.dll", Place(package="DOG0005D")),
    "a file on a drive": (r"E:\TOOLS\a.dll", Place()),
    "a share that looks like a package": (
        r"\\DIST04\DOG0005D\a.dll",
        Place(server="DIST04", share="DOG0005D"),
    ),
    "a server that looks like a package": (
        r"\\DOG0005D\SMS_PKGE\a.dll",
        Place(server="DOG0005D", share="SMS_PKGE"),
    ),
    "a server alone": (r"\\DIST04", Place(server="DIST04")),
    "a server whose second backslash was lost": (
        r"\DIST04\SMS_PKGE\DOG0005D",
        Place(server="DIST04", share="SMS_PKGE", package="DOG0005D"),
    ),
    "placeholders": (r"\\<Server>\<Share>\<PackageID>", Place()),
    "a placeholder for the server only": (
        r"\\<Server>\SMS_PKGE\DOG0005D",
        Place(share="SMS_PKGE", package="DOG0005D"),
    ),
    "a name": ("a.dll", Place()),
    "nothing": ("", Place()),
}


@pytest.mark.parametrize(("path", "where"), PLACES.values(), ids=PLACES)
def test_points_to(path: str, where: Place) -> None:
    assert place(path) == where


@pytest.mark.parametrize(
    ("text", "name"),
    [("DIST04.", "DIST04"), ("  DIST04 ", "DIST04"), ("<Server>", None), ("", None), ("...", None)],
    ids=["a full stop is the sentence's", "blanks", "a placeholder", "nothing", "dots"],
)
def test_a_name_is(text: str, name: str | None) -> None:
    assert named(text) == name


KEPT = {
    "a tilde": r"C:\PROGRA~1\a.dll",
    "an ampersand": r"E:\R&D\a&b.dll",
    "a dollar": r"\\DIST04\E$\a$.dll",
    "a semicolon": r"E:\a;b\c.dll",
    "a comma and blanks": r"E:\report tool, v2\read me.txt",
    "a backtick": r"E:\it`s\a.dll",
    "an apostrophe": r"E:\it's\a.dll",
    "brackets in pairs": r"E:\Setup (1)\a [x].{y}",
    "a hash, a percent and an at": r"E:\#1\100%\a@b.dll",
    "an equals sign, a plus and an exclamation mark": r"E:\a=b+c!.dll",
    "an umlaut": r"E:\Büro\Änderung.doc",
    "the blank of a temporary folder": r"E:\_S M0000.TMP\a.dll",
    "a folder's last backslash": "$:\\",
    "a UNC name": r"\\DIST04\SMS_PKGE\a.dll",
}
TRIMMED = {
    "quotes": (r"'E:\a.dll'", r"E:\a.dll"),
    "a full stop": (r"E:\a.dll.", r"E:\a.dll"),
    "a comma": (r"E:\a.dll,", r"E:\a.dll"),
    "a tilde before it": (r"~E:\a.dll", r"E:\a.dll"),
    "a tilde behind it": (r"E:\a.dll~", r"E:\a.dll"),
    "the backtick of a code span": (r"`E:\a.dll`", r"E:\a.dll"),
    "the star of bold type": (r"*E:\a.dll*", r"E:\a.dll"),
    "a bracket around it": (r"(E:\a.dll)", r"E:\a.dll"),
    "a bracket around a name that ends with one": (r"(E:\Setup (1))", r"E:\Setup (1)"),
    "blanks and a line's end": (" E:\\a.dll \n", r"E:\a.dll"),
    "a placeholder alone": ("<path>", ""),
}


@pytest.mark.parametrize("path", KEPT.values(), ids=KEPT)
def test_inside_a_path_stays(path: str) -> None:
    assert tidy(path) == path


@pytest.mark.parametrize(("text", "path"), TRIMMED.values(), ids=TRIMMED)
def test_around_a_path_goes(text: str, path: str) -> None:
    assert tidy(text) == path


DOUBLED = {
    "a drive, doubled": (r"E:\\SMS_PKGE\\DOG0005D\\a.dll", r"E:\SMS_PKGE\DOG0005D\a.dll"),
    "a drive, doubled twice": (r"E:\\\\SMS_PKGE\\\\a.dll", r"E:\SMS_PKGE\a.dll"),
    "a UNC name, doubled": (r"\\\\DIST04\\SMS_PKGE\\a.dll", r"\\DIST04\SMS_PKGE\a.dll"),
    "a UNC name that was not": (r"\\DIST04\SMS_PKGE\a.dll", r"\\DIST04\SMS_PKGE\a.dll"),
    "a server alone": (r"\\DIST04", r"\\DIST04"),
    "one single backslash among doubled ones": (r"E:\\SMS_PKGE\a.dll", r"E:\\SMS_PKGE\a.dll"),
    "one doubled backslash among single ones": (r"E:\SMS_PKGE\\a.dll", r"E:\SMS_PKGE\\a.dll"),
}


@pytest.mark.parametrize(("text", "path"), DOUBLED.values(), ids=DOUBLED)
def test_backslashes_are_halved_only_where_all_were_doubled(text: str, path: str) -> None:
    assert tidy(text) == path


WRAPS = {
    "a wrap at a blank of the name": ("E:\\read\nme.txt", False, r"E:\read me.txt"),
    "a wrap behind a backslash": (
        "E:\\SMS_PKGE\\\nDOG0005D\\a.dll",
        False,
        r"E:\SMS_PKGE\DOG0005D\a.dll",
    ),
    "a wrap before a backslash": (
        "E:\\SMS_PKGE\n\\DOG0005D\\a.dll",
        False,
        r"E:\SMS_PKGE\DOG0005D\a.dll",
    ),
    "a wrap of a terminal": (
        "E:\\SMS_PKGE\\DOG0005D\\file\nname.dll",
        True,
        r"E:\SMS_PKGE\DOG0005D\filename.dll",
    ),
    "a wrap with an indent": ("E:\\read\n      me.txt", False, r"E:\read me.txt"),
    "a wrap inside the package's ID": (
        "E:\\SMS_PKGE\\HAL0\n002A\\a.dll",
        False,
        r"E:\SMS_PKGE\HAL0002A\a.dll",
    ),
    "a wrap inside the root of the packages": (
        "E:\\SMS_P\nKGE\\HAL0002A\\a.dll",
        False,
        r"E:\SMS_PKGE\HAL0002A\a.dll",
    ),
    "a wrap behind the drive's letter": ("E\n:\\SMS_PKGE\\a.dll", False, r"E:\SMS_PKGE\a.dll"),
    "a wrap behind the drive's colon": ("E:\n\\SMS_PKGE\\a.dll", False, r"E:\SMS_PKGE\a.dll"),
    "no wrap": (r"E:\a.dll", False, r"E:\a.dll"),
}


@pytest.mark.parametrize(("text", "hard", "path"), WRAPS.values(), ids=WRAPS)
def test_the_likeliest_reading_of(text: str, hard: bool, path: str) -> None:
    assert next(readings(text, hard=hard)) == path


def test_a_wrap_in_a_name_leaves_both_readings_to_choose_from() -> None:
    assert list(readings("E:\\file\nname.dll", hard=False)) == [
        r"E:\file name.dll",
        r"E:\filename.dll",
    ]


def test_many_wraps_in_one_path_are_joined_by_the_first_guess_alone() -> None:
    text = "E:\\" + "\n".join("abcdefgh")
    assert list(readings(text, hard=True)) == [r"E:\abcdefgh"]
