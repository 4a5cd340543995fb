"""Electron micrographs of ten classes, drawn from a seed, with exactly known facts."""
