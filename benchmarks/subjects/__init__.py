"""The providers that can be put under load. To add one: write a file with a Subject, and name
it here."""

from benchmarks.subjects.signet import Signet
from benchmarks.subjects.subject import Subject

SUBJECTS: dict[str, type[Subject]] = {Signet.name: Signet}
