"""The ways to find out who holds a file, one module each behind one small protocol."""

from bot.agent.probes.port import Availability, Probe, Step, Target

__all__ = ["Availability", "Probe", "Step", "Target"]
