"""What travels between an agent on a server and the bot; `despool holders` prints some of it."""

from bot.wire.holders import Holder, ProbeReport, State, WhoHolds

__all__ = ["Holder", "ProbeReport", "State", "WhoHolds"]
