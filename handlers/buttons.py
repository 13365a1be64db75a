"""The buttons below a reply, and the one that shares a private answer."""

from __future__ import annotations

from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    ButtonElement,
    Option,
    OverflowMenuElement,
)

from bot.knowledge import Knowledge
from bot.model import Advice, Finding
from handlers.elements import plain
from handlers.slack_text import clip
from handlers.verdicts import headline

HOLDER_STEPS = frozenset({"find-who-holds-it", "find-file-holder", "find-cap-users"})
LABEL = 75  # https://docs.slack.dev/reference/block-kit/block-elements/button-element


def actions(finding: Finding, knowledge: Knowledge, *, resolved: bool) -> ActionsBlock:
    """Return the two buttons and the menu of a reply; what they do not fit is left out."""
    menu = [("reopen", "Reopen") if resolved else ("resolve", "Mark resolved")]
    menu.append(("wrong", "Wrong verdict"))
    options = [Option(value=value, text=plain(label)) for value, label in menu]
    elements: list[ButtonElement | OverflowMenuElement] = []
    elements.append(_button("details", "Details", finding, knowledge))
    if has_holder(finding):
        # before anything is proved to be held, the evidence is what to look at first
        first = 1 if finding.kind == "event-only" and finding.certainty == "unknown" else 0
        elements.insert(first, _button("who_holds", "Who holds it?", finding, knowledge))
    elements.append(OverflowMenuElement(action_id="more", options=options))
    return ActionsBlock(elements=elements)


def has_holder(finding: Finding) -> bool:
    """Tell whether somebody may hold a file of this finding."""
    if finding.files:
        return True
    return finding.kind in ("event-only", "false-disk-space") and finding.package is not None


def holder_step(finding: Finding) -> Advice | None:
    """Return the step that finds by hand who holds a file."""
    return next((step for step in finding.advice if step.id in HOLDER_STEPS), None)


def share_button(draft: str) -> dict[str, Any]:
    """Return the actions block that shares the private answer kept under the name `draft`."""
    button = ButtonElement(
        text=plain("Share to channel"),
        action_id="share",
        value=draft,
        accessibility_label="Share this answer to the channel",
    )
    return ActionsBlock(elements=[button]).to_dict()


def _button(action: str, label: str, finding: Finding, knowledge: Knowledge) -> ButtonElement:
    about = headline(finding, knowledge, room=LABEL - len(label) - 2)
    spoken = f"{label}{'' if label.endswith('?') else ':'} {about}"
    return ButtonElement(
        text=plain(label), action_id=action, accessibility_label=clip(spoken, LABEL)
    )
