"""Finding out what keeps Despool from working, and how to mend it."""

from bot.doctor.examination import examine
from bot.doctor.row import Row

__all__ = ["Row", "examine"]
