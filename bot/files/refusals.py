"""Why a file was not fetched; the text of each is the sentence its reader sees."""

from __future__ import annotations

from bot.errors import DespoolError


class FileRefused(DespoolError):
    """A file was not fetched; of its kinds only FileUnreachable is worth another try."""


class FileTooLarge(FileRefused):
    """The file is larger than the limit; nothing of it was kept."""


class FileElsewhere(FileRefused):
    """The file's address leads to a host that may not see the token; it was not sent there."""


class LoginPage(FileRefused):
    """Slack wants somebody to sign in, with whatever status it says so."""


class FileGone(FileRefused):
    """The file was deleted, is hidden, or is not shared with the app."""


class NotALog(FileRefused):
    """What Slack announced by its id alone turned out to be a file of another kind."""


class FileUnreachable(FileRefused):
    """The file did not come whole this time; trying again may help."""
