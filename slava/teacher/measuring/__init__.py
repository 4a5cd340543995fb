"""What classical image analysis can say of a micrograph, and how far it is to be trusted."""

from slava.teacher.measuring.measurements import Measurements, measure

__all__ = ["Measurements", "measure"]
