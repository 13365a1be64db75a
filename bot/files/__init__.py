"""Files that people upload: which may hold a log, and fetching them from Slack alone."""

from bot.files.description import File, described
from bot.files.fetching import LARGEST, Files
from bot.files.refusals import (
    FileElsewhere,
    FileGone,
    FileRefused,
    FileTooLarge,
    FileUnreachable,
    LoginPage,
    NotALog,
)

__all__ = [
    "LARGEST",
    "File",
    "FileElsewhere",
    "FileGone",
    "FileRefused",
    "FileTooLarge",
    "FileUnreachable",
    "Files",
    "LoginPage",
    "NotALog",
    "described",
]
