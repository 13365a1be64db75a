"""Reading the TOML files of the knowledge, and refusing those that contradict themselves."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, get_args

from bot.errors import KnowledgeError
from bot.knowledge.causes import CONDITIONS, FALLBACKS, PLACEHOLDER, Cause, Knowledge, Step
from bot.knowledge.retry import Retry
from bot.model import Advice, Certainty, Kind

# From harmless to harmful, each with the word that leads its steps; a cause never goes back.
LEADS = {
    "look": "Look",
    "ask": "Ask",
    "close": "Close",
    "repair": "Repair",
    "redistribute": "Send again",
    "prevent": "Prevent",
    "forced-disconnect": "Disconnect",
    "restart": "Restart",
}
STAGES = tuple(LEADS)
HARMFUL = frozenset({"close", "redistribute", "forced-disconnect", "restart"})

_TABLES = frozenset({"win32", "retry", "certainty"})  # the files that are not causes
_CAUSE_KEYS = {
    "kind": str,
    "title": str,
    "summary": str,
    "article": str,
    "sources": list,
    "retries": bool,
    "advice": list,
}
_OPTIONAL = frozenset({"article", "retries"})
_STEP_KEYS = {"id": str, "stage": str, "text": str, "warning": str, "lead": str, "when": str}
_STEP_OPTIONAL = frozenset({"warning", "lead", "when"})
_SHARED_KEYS = {"id": str, "as_in": str, "when": str}
_ARTICLE = re.compile(r"Q\d{6}")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


_Table = dict[str, Any]


def read(folder: Path) -> Knowledge:
    """Read and check every TOML of a folder; KnowledgeError names the file that is wrong."""
    tables = {path.stem: _toml(path) for path in sorted(folder.glob("*.toml"))}
    missing = _TABLES - tables.keys()
    if missing:
        raise KnowledgeError(f"{', '.join(sorted(missing))}.toml is missing")
    causes = {rule: table for rule, table in tables.items() if rule not in _TABLES}
    return Knowledge(
        causes={rule: _cause(rule, table, causes) for rule, table in causes.items()},
        win32=_win32(tables["win32"]),
        certainty=_certainty(tables["certainty"]),
        retry=_retry(tables["retry"]),
    )


def _toml(path: Path) -> _Table:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise KnowledgeError(f"{path.name}: {error}") from error


def _refuse(name: str, what: str) -> NoReturn:
    raise KnowledgeError(f"{name}.toml: {what}")


def _cause(rule: str, table: _Table, causes: Mapping[str, _Table]) -> Cause:
    _check_keys(rule, table, _CAUSE_KEYS, _OPTIONAL)
    if not _NAME.fullmatch(rule):
        _refuse(rule, "a rule is named in lower case with hyphens")
    if table["kind"] not in get_args(Kind):
        _refuse(rule, f"unknown kind {table['kind']!r}")
    for key in ("title", "summary"):
        if not table[key].strip() or PLACEHOLDER.search(table[key]):
            _refuse(rule, f"{key} is empty or holds a placeholder")
    return Cause(
        rule=rule,
        kind=table["kind"],
        title=table["title"],
        summary=table["summary"],
        article=table.get("article"),
        sources=_sources(rule, table),
        steps=_steps(rule, table["advice"], causes),
        retries=table.get("retries", False),
    )


def _sources(rule: str, table: _Table) -> tuple[str, ...]:
    sources = table["sources"]
    wrong = [item for item in sources if not isinstance(item, str) or not _ARTICLE.fullmatch(item)]
    if wrong:
        _refuse(rule, f"not an article number: {wrong[0]!r}")
    if "article" in table and table["article"] not in sources:
        _refuse(rule, "the article is not among the sources")
    return tuple(sources)


def _steps(rule: str, rows: list[_Table], causes: Mapping[str, _Table]) -> tuple[Step, ...]:
    steps = [_row(rule, row, causes) for row in rows]
    names = [step["id"] for step in steps]
    if not steps or len(set(names)) < len(names):
        _refuse(rule, "there is no advice, or a step comes twice")
    stages = [STAGES.index(step["stage"]) for step in steps]
    if stages != sorted(stages):
        _refuse(rule, f"the steps are not in the safe order: {', '.join(STAGES)}")
    return tuple(_step(step) for step in steps)


def _row(rule: str, row: Any, causes: Mapping[str, _Table]) -> _Table:
    if isinstance(row, dict) and "as_in" in row:
        return _shared(rule, row, causes)
    return _checked(rule, row)


def _step(row: _Table) -> Step:
    text = row["text"].strip()
    if "warning" in row:
        text = f"{text} {row['warning'].strip()}"
    return Step(
        advice=Advice(id=row["id"], text=text, warning="warning" in row),
        stage=row["stage"],
        lead=row.get("lead", LEADS[row["stage"]]),
        when=row.get("when"),
    )


def _shared(rule: str, row: _Table, causes: Mapping[str, _Table]) -> _Table:
    """Return the step of the same id in the cause that `as_in` names."""
    _check_keys(rule, row, _SHARED_KEYS, frozenset({"when"}))
    others = causes.get(row["as_in"], {}).get("advice", [])
    for other in others if isinstance(others, list) else []:
        if isinstance(other, dict) and other.get("id") == row["id"] and "as_in" not in other:
            return _checked(row["as_in"], {**other, **_condition(rule, row)})
    _refuse(rule, f"{row['as_in']}.toml has no text for the step {row['id']!r}")


def _checked(rule: str, row: _Table) -> _Table:
    _check_keys(rule, row, _STEP_KEYS, _STEP_OPTIONAL)
    _condition(rule, row)
    name, stage = row["id"], row["stage"]
    if not _NAME.fullmatch(name):
        _refuse(rule, f"the id of a step is written in lower case with hyphens, not {name!r}")
    if stage not in STAGES:
        _refuse(rule, f"{name}: unknown stage {stage!r}")
    if stage in HARMFUL and not row.get("warning", "").strip():
        _refuse(rule, f"{name}: the stage {stage} needs a warning that says what harm it can do")
    text = row["text"] + row.get("warning", "")
    unknown = set(PLACEHOLDER.findall(text)) - FALLBACKS.keys()
    if not row["text"].strip() or unknown or text.count("`") % 2:
        _refuse(rule, f"{name}: empty text, unknown placeholder or a backtick without its partner")
    return row


def _condition(rule: str, row: _Table) -> _Table:
    """Return the condition of a step, if it has one that there is."""
    when = row.get("when")
    if when is not None and when not in CONDITIONS:
        _refuse(rule, f"{row['id']}: unknown condition {when!r}")
    return {} if when is None else {"when": when}


def _check_keys(
    name: str,
    table: _Table,
    keys: Mapping[str, type],
    optional: frozenset[str] = frozenset(),
) -> None:
    if not isinstance(table, dict):
        _refuse(name, "a table was expected")
    for key in table.keys() - keys.keys():
        _refuse(name, f"unknown key {key!r}")
    for key in keys.keys() - table.keys() - optional:
        _refuse(name, f"{key!r} is missing")
    for key, value in table.items():
        if not isinstance(value, keys[key]):
            _refuse(name, f"{key!r} is not a {keys[key].__name__}")


def _win32(table: _Table) -> dict[int, str]:
    _check_keys("win32", table, {"words": dict})
    for code, words in table["words"].items():
        if not code.isdecimal() or not isinstance(words, str) or not words.strip():
            _refuse("win32", f"{code!r} is not a number with its words")
    return {int(code): words for code, words in table["words"].items()}


def _certainty(table: _Table) -> dict[Kind, dict[Certainty, str]]:
    _check_keys("certainty", table, dict.fromkeys(get_args(Kind), dict))
    for rows in table.values():
        _check_keys("certainty", rows, dict.fromkeys(get_args(Certainty), str))
    return {kind: table[kind] for kind in get_args(Kind)}


def _retry(table: _Table) -> Retry:
    _check_keys(
        "retry", table, dict.fromkeys(("interval_minutes", "forced_disconnect", "tries"), dict)
    )
    intervals, disconnect, tries = (
        table[key] for key in ("interval_minutes", "forced_disconnect", "tries")
    )
    _check_keys("retry", intervals, dict.fromkeys(("very-fast", "fast", "medium", "slow"), int))
    _check_keys("retry", disconnect, {"retries": int, "delay_minutes": int})
    _check_keys("retry", tries, {"count": int, "period": str, "sources": list})
    return Retry(
        interval_minutes=intervals,
        retries_before_disconnect=disconnect["retries"],
        disconnect_delay_minutes=disconnect["delay_minutes"],
        tries=tries["count"],
        period=tries["period"],
        sources=tuple(tries["sources"]),
    )
