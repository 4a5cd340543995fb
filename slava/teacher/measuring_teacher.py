"""The teacher that needs no network: measurements, put into questions and answers."""

import hashlib
from importlib import resources

import numpy as np

from slava.micrographs import Micrograph
from slava.teacher.facets import ASKERS, Subject
from slava.teacher.measuring import Measurements
from slava.teacher.triples import Triple

NAME = "measuring"


def teach(micrograph: Micrograph, found: Measurements, label: str | None) -> list[Triple]:
    """Questions and answers; the same micrograph gives the same ones."""
    subject = subject_of(micrograph, found, label)
    return [triple for ask in ASKERS for triple in ask(subject)]


def subject_of(micrograph: Micrograph, found: Measurements, label: str | None) -> Subject:
    """What is spoken about, with dice that fall alike for the same micrograph."""
    seed = int.from_bytes(hashlib.blake2b(micrograph.image_id.encode(), digest_size=8).digest())
    return Subject(found, micrograph.acquisition, label, np.random.default_rng(seed))


def phrases_digest() -> str:
    """SHA-256 over the files that hold the phrases, as a prompt's digest is over the prompt's."""
    files = sorted(resources.files("slava.teacher.facets").iterdir(), key=lambda file: file.name)
    return hashlib.sha256(
        b"".join(file.read_bytes() for file in files if file.name.endswith(".py"))
    ).hexdigest()
