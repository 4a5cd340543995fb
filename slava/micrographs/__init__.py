"""From the bytes of an image to micrographs: pixels without info bar, and how they were taken."""

from slava.micrographs.acquisition import Acquisition
from slava.micrographs.decode import MAX_PIXELS, MIN_SIDE, decode, frames
from slava.micrographs.info_bar import InfoBar, find_info_bar
from slava.micrographs.micrograph import Micrograph, thumbnail
from slava.micrographs.sidecar import read_sidecar

__all__ = [
    "MAX_PIXELS",
    "MIN_SIDE",
    "Acquisition",
    "InfoBar",
    "Micrograph",
    "decode",
    "find_info_bar",
    "frames",
    "read_sidecar",
    "thumbnail",
]
