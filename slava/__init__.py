"""sLAVA: a small vision-language assistant for electron micrographs. Importing it is cheap."""

__version__ = "0.1.0"
