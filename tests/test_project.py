"""The files around the code agree with it: settings, pins, Procfile, version, wheel, layers."""

import ast
import importlib
import importlib.metadata
import os
import pkgutil
import re
import subprocess
import sys
import tokenize
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import bot
import handlers
from bot.cli import app
from bot.errors import DespoolError
from bot.settings import Settings, variables

ROOT = Path(__file__).parent.parent
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT: dict[str, Any] = PYPROJECT["project"]
PINS = (ROOT / "requirements.txt").read_text("utf-8").splitlines()

# what belongs to one machine: folders of people, of builders and of package mirrors
OF_A_MACHINE = re.compile(r"(?<![\w.:*\\])/(?:work|root|home|Users|opt|tmp)/\w")
TEXTS = (
    "*",
    ".ci/*",
    ".github/**/*",
    "bot/**/*",
    "handlers/**/*",
    "tests/*.py",
    "tests/renderings/*",
)
# of pytest and its kin, or made while testing
MADE = {"__pycache__", ".git", ".venv", "build", "dist"}


# ---- settings


def test_the_example_of_env_names_every_setting_once_and_nothing_else():
    assert list(example_of_env()) == list(variables())


def test_the_example_of_env_shows_the_defaults_of_the_program():
    shown = example_of_env()
    fields = zip(variables(), Settings.model_fields.values(), strict=True)
    plain = {name: str(field.default) for name, field in fields if is_plain(field.default)}
    assert len(plain) >= 4
    assert {name: shown[name] for name in plain} == plain


def test_the_example_of_env_sets_nothing_before_it_is_filled_in():
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    active = [line for line in lines if line and not line.startswith("#")]
    assert active
    assert [line for line in active if not line.endswith("=")] == []


def example_of_env() -> dict[str, str]:
    text = (ROOT / ".env.example").read_text("utf-8")
    rows = re.findall(r"(?m)^#?([A-Z][A-Z_]+)=(.*)$", text)
    assert len(rows) == len({name for name, _ in rows})
    return dict(rows)


def is_plain(default: object) -> bool:
    return isinstance(default, str | int)


# ---- what is installed


def requirements(lines: list[str]) -> dict[str, Requirement]:
    parsed = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    found = {canonicalize_name(requirement.name): requirement for requirement in parsed}
    assert len(found) == len(parsed), "a package stands there twice"
    return found


def test_the_pins_name_versions_and_no_index():
    for line in PINS:
        assert line.startswith("#") or re.fullmatch(r"[\w.-]+==[\w.]+(?: ; .+)?", line)


def test_every_dependency_is_pinned_within_its_range_and_under_its_condition():
    pins = requirements(PINS)
    for name, requirement in requirements(PROJECT["dependencies"]).items():
        [version] = [specifier.version for specifier in pins[name].specifier]
        assert requirement.specifier.contains(version), f"{name} {version} is not in the range"
        assert pins[name].marker == requirement.marker


def test_whatever_a_pinned_package_needs_is_pinned_too():
    pins = requirements(PINS)
    looked_at = 0
    for name, version in installed(pins):
        if not pins[name].specifier.contains(version):
            continue  # a newer one is installed, which may need something else
        looked_at += 1
        for line in importlib.metadata.requires(name) or ():
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                assert canonicalize_name(needed.name) in pins, f"{name} needs {line}"
    assert looked_at > 0


def installed(pins: dict[str, Requirement]) -> Iterator[tuple[str, str]]:
    for name, pin in pins.items():
        if pin.marker is None or pin.marker.evaluate():
            yield name, importlib.metadata.version(name)


def test_typer_stays_below_the_version_that_imports_pydantic_at_every_start():
    assert not requirements(PROJECT["dependencies"])["typer"].specifier.contains("0.29.0")


def test_starting_explain_imports_neither_pydantic_nor_slack():
    code = "import sys, bot.cli; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert "typer" in run.stdout.split()
    assert {"pydantic", "slack_bolt", "slack_sdk", "aiohttp"}.isdisjoint(run.stdout.split())


def test_the_version_stands_in_the_package_and_in_the_project():
    assert PROJECT["version"] == bot.__version__


def test_the_wheel_holds_all_that_the_program_opens_and_none_of_the_tests(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    shown = {path.relative_to(ROOT).as_posix() for path in shipped()}
    assert packed == shown | {"bot/manifest.json"}  # for `despool manifest`
    assert "bot/knowledge/package-lock.toml" in packed
    assert "bot/workspace/static/index.html" in packed


def shipped() -> Iterator[Path]:
    for folder in ("bot", "handlers"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


# ---- how it is started


def test_the_procfile_starts_a_command_that_exists_with_settings_that_exist():
    [line] = (ROOT / "Procfile").read_text("utf-8").splitlines()
    kind, _, words = line.partition(": ")
    *assignments, program, command = words.split()
    assert kind == "web"
    assert program in PROJECT["scripts"]
    assert command in typer.main.get_command(app).commands
    assert {assignment.partition("=")[0] for assignment in assignments} <= set(variables())


@pytest.mark.parametrize("script", PROJECT["scripts"].values())
def test_the_console_script_leads_to_a_function(script):
    module, _, name = script.partition(":")
    assert callable(getattr(importlib.import_module(module), name))


def test_ci_runs_the_steps_that_readme_names():
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    places = [script.index(f"step {words}") for words in STEPS]
    assert places == sorted(places)
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", ROOT / ".ci" / "run"]).returncode == 0


STEPS = (
    "python -m pip install",
    "ruff format --check",
    "ruff check",
    "mypy",
    "lint-imports",
    "python -m pytest",
)


# ---- the code as a whole


def modules() -> Iterator[str]:
    for package in (bot, handlers):
        yield package.__name__
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield module.name


def test_every_part_of_the_house_has_its_layer():
    contracts = PYPROJECT["tool"]["importlinter"]["contracts"]
    [house] = [contract for contract in contracts if contract["type"] == "layers"]
    parts = [part for layer in house["layers"] for part in layer.split(" | ")]
    assert sorted(parts) == sorted(parts_of_the_house())


def test_the_workspace_is_kept_apart_from_every_other_part():
    contracts = PYPROJECT["tool"]["importlinter"]["contracts"]
    [apart] = [each for each in contracts if each.get("source_modules") == ["bot.workspace"]]
    assert {*apart["forbidden_modules"], "bot.workspace"} == parts_of_the_house()


def parts_of_the_house() -> set[str]:
    return {".".join(name.split(".")[:2]) for name in modules() if name.startswith("bot.")} | {
        "handlers"
    }


def test_the_tree_of_exceptions_is_the_one_drawn_in_its_module():
    for name in modules():
        if name != "bot.__main__":
            importlib.import_module(name)
    drawn = importlib.import_module("bot.errors").__doc__ or ""
    lines = re.findall(r"(?m)^([│├└─ ]*)([A-Z]\w+)(?:$|  )", drawn)
    assert [(len(indent) // 4, name) for indent, name in lines] == list(tree(DespoolError))


def tree(error: type[DespoolError], depth: int = 0) -> Iterator[tuple[int, str]]:
    yield depth, error.__name__
    # Python lists them in the order in which their modules were imported
    places = (bot.errors.__doc__ or "").split()
    public = [child for child in error.__subclasses__() if not child.__name__.startswith("_")]
    for child in sorted(public, key=lambda each: places.index(each.__name__)):
        yield from tree(child, depth + 1)


def test_an_exception_outside_the_tree_is_named_beside_it():
    drawn = bot.errors.__doc__ or ""
    public = {name for path in sources() for name in exceptions(path) if name[0] != "_"}
    assert {"DespoolError", "Refusal"} <= public
    assert {name for name in public if name not in drawn} == set()


def exceptions(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ClassDef) and any(
            getattr(base, "id", "").endswith(("Exception", "Error")) for base in node.bases
        ):
            yield node.name


def sources() -> list[Path]:
    found = [path for path in shipped() if path.suffix == ".py"]
    assert found
    return found


def test_nothing_names_a_folder_of_one_machine():
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in texts()
        for match in OF_A_MACHINE.finditer(path.read_text("utf-8"))
    ]
    assert found == []


def texts() -> list[Path]:
    paths = {path for pattern in TEXTS for path in ROOT.glob(pattern)}
    kept = [path for path in paths if path.is_file() and not MADE & set(path.parts)]
    assert ROOT / "README.md" in kept
    assert ROOT / "bot" / "knowledge" / "win32.toml" in kept
    return [path for path in kept if path.suffix not in {".pyc", ".png", ".ico"}]


LAYOUT = {
    *(tokenize.ENCODING, tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE),
    *(tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER),
}
REMARKS = {".js": "//", ".toml": "#"}


def test_the_stand_in_workspace_stays_a_stand_in_of_1500_lines_of_code():
    held: dict[str, int] = {}
    for path in (ROOT / "bot" / "workspace").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            count = statements(path) if path.suffix == ".py" else unremarked(path)
            held[path.suffix] = held.get(path.suffix, 0) + count
    assert set(held) == {".py", ".js", ".html", ".css", ".toml"}
    assert held[".py"] + held[".js"] <= 1_500
    assert held[".html"] + held[".css"] + held[".toml"] <= 160  # what runs nothing


def statements(path: Path) -> int:
    """Count the lines of a module that hold code: no blank ones, comments and docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    held: set[int] = set()
    with tokenize.open(path) as file:
        for token in tokenize.generate_tokens(file.readline):
            if token.type not in LAYOUT:
                held.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, documented) and ast.get_docstring(node) is not None:
            held.difference_update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return len(held)


def unremarked(path: Path) -> int:
    """Count the lines that are neither blank nor a comment."""
    lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    return sum(1 for line in lines if line and not line.startswith(REMARKS.get(path.suffix, "\0")))


# ---- the rules of the test run

SKIPS = {
    "test_marked.py": "@pytest.mark.skip(reason=REASON)\ndef test_a(): pass",
    "test_under_way.py": "def test_a(): pytest.skip(REASON)",
    "test_module.py": "pytest.skip(REASON, allow_module_level=True)",
    "test_missing_module.py": "pytest.importorskip('no_such_module', reason=REASON)",
}
NO_SKIPS = {
    "test_passing.py": "def test_a(): pass",
    "test_expected_to_fail.py": "@pytest.mark.xfail\ndef test_a(): assert False",
    "test_shell.py": "import os\ndef test_a(): assert not {NAMES} & set(os.environ)",
}
SHELL = {
    "HTTPS_PROXY": "http://proxy.example:9",
    "https_proxy": "http://proxy.example:9",
    "ALL_PROXY": "socks5://proxy.example:9",
    "SLACK_BOT_TOKEN": "xoxb-of-a-real-workspace",
    "DESPOOL_HOST": "host.example",
    "FORCE_COLOR": "1",
}


@pytest.mark.parametrize(
    ("ci", "outcome"),
    [
        pytest.param("true", {"failed": 1, "passed": 2, "xfailed": 1, "errors": 3}, id="in CI"),
        pytest.param("", {"passed": 2, "skipped": 4, "xfailed": 1}, id="elsewhere"),
    ],
)
def test_a_skip_is_a_failure_in_ci_and_no_test_sees_proxies_and_tokens(tmp_path, ci, outcome):
    conftest = (ROOT / "tests" / "conftest.py").read_text("utf-8")
    (tmp_path / "conftest.py").write_text(conftest, "utf-8")
    for name, code in (SKIPS | NO_SKIPS).items():
        head = "import pytest\nREASON = 'there is no smbd here'\n"
        code = code.replace("{NAMES}", repr(set(SHELL)))
        (tmp_path / name).write_text(f"{head}{code}\n", "utf-8")
    words = [
        "-q",
        "--color=no",
        "-p",
        "no:cacheprovider",
        "--continue-on-collection-errors",
        "--rootdir=.",
    ]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        cwd=tmp_path,
        env=os.environ | SHELL | {"CI": ci},
        capture_output=True,
        text=True,
    )
    *_, last = ended.stdout.strip().splitlines()
    assert {
        what: int(count) for count, what in re.findall(r"(\d+) ([a-z]+)(?=,| in)", last)
    } == outcome
    assert ended.returncode == (1 if ci else 0)
    assert ended.stdout.count("CI=true allows no skips") >= (4 if ci else 0)
