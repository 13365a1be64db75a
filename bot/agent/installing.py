"""Setting the agent up as a service: a systemd unit on Linux, a service on Windows."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from bot.agent.config import AgentConfigError, load
from bot.agent.places import config_file
from bot.agent.writing import replace

UNIT = Path("/etc/systemd/system/despool-agent.service")
_TEMPLATE = """\
[Unit]
Description=Despool agent: tells who holds a file (read-only)
Documentation=https://github.com/despool/despool
Wants=network-online.target
After=network-online.target

[Service]
ExecStart={program} -m bot agent run --config {config}
Restart=always
RestartSec=5
# a configuration that cannot be used does not get better by itself
RestartPreventExitStatus=2
{place}
# to see whose descriptors those are, to read logs, and to probe for a lock
AmbientCapabilities=CAP_SYS_PTRACE CAP_DAC_READ_SEARCH CAP_LEASE
CapabilityBoundingSet=CAP_SYS_PTRACE CAP_DAC_READ_SEARCH CAP_LEASE
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictRealtime=yes
LockPersonality=yes
SystemCallArchitectures=native
UMask=0077

[Install]
WantedBy=multi-user.target
"""


def install(write: Callable[[bytes], bool], config: Path | None) -> int:
    """Install the service for a configuration, and print what starts it."""
    path = (config or config_file()).absolute()
    held = load(path)
    if sys.platform == "win32":
        from bot.agent.service import install as install_on_windows

        return install_on_windows(path)
    text = unit(path, held.state)
    try:
        replace(UNIT, text.encode())
    except OSError as error:
        raise AgentConfigError(
            f"{UNIT} cannot be written: {error.strerror}. Run this as root, where systemd is."
        ) from None
    write(
        f"Wrote {UNIT}. To start the agent now and at every boot:\n"
        "  systemctl daemon-reload\n"
        "  systemctl enable --now despool-agent\n"
        "Its log: journalctl -u despool-agent\n".encode()
    )
    return 0


def unit(config: Path, state: Path) -> str:
    """Return the systemd unit of an agent whose state lies in a folder."""
    return _TEMPLATE.format(
        program=_quoted(sys.executable), config=_quoted(str(config)), place=_place(state)
    )


def _place(state: Path) -> str:
    if state.parent == Path("/var/lib"):
        return (
            "# no user of its own is kept: systemd makes one for as long as the agent runs\n"
            f"DynamicUser=yes\nStateDirectory={_quoted(state.name)}"
        )
    # a user that systemd makes up owns no folder elsewhere
    return f"ReadWritePaths={_quoted(str(state))}"


def _quoted(word: str) -> str:
    """Quote a word as systemd reads it."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != word or " " in word else word
