"""README.md is a map: what it lists is all there is, and what it names exists."""

import importlib
import json
import pkgutil
import re
import shlex
import tomllib
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import get_args
from urllib.parse import parse_qs, urlsplit

import typer
from packaging.requirements import Requirement

import bot.reading.formats as formats
from bot.cli import app
from bot.knowledge import Knowledge, load
from bot.model import Finding, Input, Report
from bot.settings import Settings, variables

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
KNOWLEDGE: Knowledge = load()

# a default that README says in words
IN_WORDS = {
    "SLACK_BOT_TOKEN": "required",
    "DESPOOL_DATA_DIR": "the platform's user data folder",
    "DESPOOL_DATABASE_URL": "SQLite in that folder",
    "DESPOOL_ADMINS": "nobody",
    "DESPOOL_ALLOWED_USERS": "all full members",
}


def table(head: str) -> list[list[str]]:
    """Return the cells of the table whose head begins with these words."""
    assert README.count(f"\n| {head}") == 1, f"README has no table, or two, with the head {head}"
    rows = README.partition(f"\n| {head}")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]


def names(cell: str) -> list[str]:
    """Return what a text has between backticks."""
    return re.findall(r"`([^`]+)`", cell)


def listed(head: str) -> list[str]:
    """Return the name in the first cell of each row, and refuse a name that comes twice."""
    found = [names(row[0])[0] for row in table(head)]
    assert len(found) == len(set(found))
    return found


def test_the_first_screen_holds_the_two_commands_alone_in_the_first_block_of_code():
    first = README.partition("```sh\n")[2].partition("```")[0].splitlines()
    assert first == ["pip install . && despool demo", "pip install -e '.[dev]' && pytest"]
    assert README[: README.index(first[-1])].count("\n") < 20


def test_it_lists_every_setting_in_the_order_of_the_program():
    assert listed("variable | default") == list(variables())
    assert "`DATABASE_URL`" in README  # the other name of one of them


def test_it_says_the_default_of_every_setting():
    known = {alias(name): field.default for name, field in Settings.model_fields.items()}
    said = {names(row[0])[0]: row[1] for row in table("variable | default")}
    for name, default in known.items():
        shown = (
            f"{default.total_seconds() / 3600:g}h" if isinstance(default, timedelta) else default
        )
        expected = IN_WORDS.get(name) or ("none" if default is None else f"`{shown}`")
        assert said[name] == expected


def alias(field: str) -> str:
    return dict(zip(Settings.model_fields, variables(), strict=True))[field]


def test_it_lists_every_command_and_every_option():
    command = typer.main.get_command(app)
    said = {name for name in leaves() if f"`despool {name}" in README}
    assert said == set(leaves())
    assert set(re.findall(r"`despool (\w+)", README)) == set(command.commands)
    options = {
        option
        for each in [command, *leaves().values()]
        for parameter in each.params
        for option in parameter.opts
        if option.startswith("--")
    }
    assert options
    assert {option for option in options if f"{option}" not in README} == set()


def test_every_option_of_despool_that_it_shows_exists():
    for line in re.findall(r"despool (\w[^`\n|]*? --[\w-]+)", README):
        [*words, option] = line.split()
        [name] = [name for name in leaves() if f"{' '.join(words)} ".startswith(f"{name} ")]
        assert option in {name for each in leaves()[name].params for name in each.opts}


def leaves(group=None, prefix=""):
    """Return the commands that do something, by all their words."""
    found = {}
    for name, command in (group or typer.main.get_command(app)).commands.items():
        if hasattr(command, "commands"):
            found |= leaves(command, f"{prefix}{name} ")
        else:
            found[f"{prefix}{name}"] = command
    return found


def test_it_lists_every_rule_with_its_kind_and_article():
    said = {names(row[0])[0]: (names(row[1])[0], row[2]) for row in table("`rule` |")}
    known = {rule: (cause.kind, cause.article or "none") for rule, cause in causes()}
    assert listed("`rule` |")
    assert said == known


def test_it_lists_every_step_of_advice_and_which_of_them_warn():
    steps = [step for _, cause in causes() for step in cause.advice]
    warning = {step.id for step in steps if step.warning}
    known = {step.id: step.id in warning for step in steps}
    said = {names(row[0])[0]: row[1] == "yes" for row in table("advice `id` |")}
    assert listed("advice `id` |")
    assert said == known


def causes():
    return KNOWLEDGE.causes.items()


def test_it_lists_every_module_that_reads_a_format():
    modules = {module.name for module in pkgutil.iter_modules(formats.__path__)}
    assert set(listed("module in `bot/reading/formats/` |")) == modules


def test_its_example_of_the_contract_has_exactly_the_fields_of_the_program():
    example = json.loads(README.partition("```json\n")[2].partition("```")[0])
    finding = Finding(kind="lock-only", certainty="likely", rule="file-lock")
    shown = Report(inputs=(Input(name="-"),), findings=(finding,)).as_json()
    assert example.keys() == shown.keys()
    assert example["inputs"][0].keys() == shown["inputs"][0].keys()
    assert example["findings"][0].keys() == shown["findings"][0].keys()


def test_it_names_every_kind_certainty_and_field_of_a_finding():
    types = Finding.__annotations__
    assert types
    for field in fields(Finding):
        assert f'"{field.name}"' in README or f"`{field.name}`" in README
    for kind in {cause.kind for _, cause in causes()}:
        assert f"`{kind}`" in README
    for certainty in get_args(importlib.import_module("bot.model").Certainty):
        assert f"`{certainty}`" in README


def test_every_file_and_name_in_its_map_of_changes_exists():
    rows = table("to … | change")
    assert len(rows) >= 10
    for _, where in rows:
        found = names(where)
        paths = [name for name in found if is_path(name)]
        files = [file for path in paths for file in existing(path)]
        text = "\n".join(file.read_text("utf-8") for file in files if file.is_file())
        for name in set(found) - set(paths):
            assert defines(text, name), f"{name} is defined in none of {paths}"


def is_path(name: str) -> bool:
    return "/" in name or "." in name


def existing(path: str) -> list[Path]:
    found = sorted(ROOT.glob(re.sub(r"<\w+>", "*", path)))
    assert found, f"README names {path}, and there is no such file"
    return found


def defines(text: str, name: str) -> bool:
    pattern = rf"(?m)^\s*(?:class|def|async def) {name}\b|^{name}\b[^=\n]*=|\b{name}\("
    return re.search(pattern, text) is not None


def test_every_file_it_mentions_exists():
    mentioned = re.findall(r"`((?:bot|handlers|tests|\.ci)/[^`]*)`", README)
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert mentioned
    assert links
    for path in mentioned + links:
        existing(path)


def test_it_gives_a_reason_for_every_scope_of_the_manifest():
    manifest = json.loads((ROOT / "manifest.json").read_text("utf-8"))
    reasons = {names(row[0])[0]: row[1] for row in table("scope | reason")}
    assert set(reasons) == set(manifest["oauth_config"]["scopes"]["bot"])
    assert all(reasons.values())


def test_its_link_creates_the_app_of_the_manifest():
    [link] = re.findall(r"(?m)^\[create\]: (\S+)$", README)
    query = parse_qs(urlsplit(link).query, strict_parsing=True)
    manifest = json.loads((ROOT / "manifest.json").read_text("utf-8"))
    assert query["new_app"] == ["1"]
    assert json.loads(query["manifest_json"][0]) == manifest


def test_it_argues_for_every_dependency():
    section = README.partition("\n## Dependencies\n")[2].partition("\n## ")[0]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for line in project["dependencies"]:
        assert Requirement(line).name in section


def test_the_commands_it_shows_are_words_a_shell_understands():
    blocks = re.findall(r"(?s)```sh\n(.*?)```", README)
    assert len(blocks) >= 2
    for line in "".join(blocks).splitlines():
        assert shlex.split(line, comments=True)[0] in ("pip", "despool")
