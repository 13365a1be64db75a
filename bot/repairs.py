"""How each setting is got, and what to do where it is wrong."""

from __future__ import annotations

SLACK_API_URL = "https://slack.com/api/"

REPAIR = {
    "SLACK_BOT_TOKEN": (
        "It begins with xoxb-. Get it at https://api.slack.com/apps: your app, "
        '"OAuth & Permissions", "Install to Workspace", "Bot User OAuth Token".'
    ),
    "SLACK_APP_TOKEN": (
        "It begins with xapp-. Get it at https://api.slack.com/apps: your app, "
        '"Basic Information", "App-Level Tokens", with the scope connections:write. '
        "Leave it out to receive events over HTTP."
    ),
    "SLACK_SIGNING_SECRET": (
        "Without SLACK_APP_TOKEN events arrive over HTTP and are checked with it. Get it at "
        'https://api.slack.com/apps: your app, "Basic Information", "App Credentials"; '
        "or set SLACK_APP_TOKEN to use Socket Mode instead."
    ),
    "DESPOOL_SLACK_API_URL": f"Leave it out to use {SLACK_API_URL}.",
    "PORT": "Give a number from 1 to 65535, or 0 for any free port.",
    "DESPOOL_DATA_DIR": "Give a folder that Despool may write to.",
    "DESPOOL_DATABASE_URL": (
        "Give sqlite:///path/to/file.db or postgresql://user:password@host/name, here or in "
        "DATABASE_URL; leave both out for SQLite in the data folder."
    ),
    "DESPOOL_INCIDENT_WINDOW": "Give a time such as 24h, 90m or 7d; a bare number is hours.",
    "DESPOOL_RETENTION": "Give a time such as 90d; a bare number is hours.",
    "DESPOOL_ALERT_CHANNEL": "Give the id at the foot of the channel's details, as in C0123ABCD.",
    "DESPOOL_ADMINS": "Give ids such as U0123ABCD, or S0123ABCD of a user group, with commas.",
    "DESPOOL_ALLOWED_USERS": "Give ids such as U0123ABCD, or S0123ABCD of a user group.",
    "DESPOOL_PUBLIC_URL": "Give the address people reach this bot at, as in https://despool.example.",
    "DESPOOL_TLS_CERT": "Give both DESPOOL_TLS_CERT and DESPOOL_TLS_KEY as PEM files, or neither.",
    "DESPOOL_TLS_KEY": "Give both DESPOOL_TLS_CERT and DESPOOL_TLS_KEY as PEM files, or neither.",
    "DESPOOL_LOG_LEVEL": "Give one of DEBUG, INFO, WARNING, ERROR.",
    "DESPOOL_LOG_FORMAT": "Give one of auto, console, json.",
}


def sentence(variable: str, fault: str) -> str:
    """Return the line that names a variable, its fault and its repair."""
    return f"{variable} {fault}. {REPAIR.get(variable, '')}".rstrip()
