"""Screening: an archive of micrographs in, results and dead letters out."""
