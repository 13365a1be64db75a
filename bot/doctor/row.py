"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The result of one check."""

    id: str
    ok: bool
    detail: str
    fix: str | None = None  # what to do, in one line; None where all is well

    def as_json(self) -> dict[str, str | bool | None]:
        """Return the row as `despool doctor --json` gives it."""
        return {"id": self.id, "ok": self.ok, "detail": self.detail, "fix": self.fix}


def well(name: str, detail: str) -> Row:
    """Return the row of a check that found all well."""
    return Row(id=name, ok=True, detail=detail)


def untried(name: str, reason: str) -> Row:
    """Return the row of a check that could not be made, for a reason that is no fault."""
    return Row(id=name, ok=True, detail=f"Not tried: {reason}")


def failed(name: str, detail: str, fix: str) -> Row:
    """Return the row of a check that found a fault."""
    return Row(id=name, ok=False, detail=detail, fix=fix)
