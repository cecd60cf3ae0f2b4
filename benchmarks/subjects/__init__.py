"""The providers that can be put under load. To add one: write a file with a Subject, and name
it here."""

from benchmarks.subjects.oidc_provider import OidcProvider
from benchmarks.subjects.signet import Signet, SignetDefault
from benchmarks.subjects.subject import Subject

SUBJECTS: dict[str, type[Subject]] = {
    subject.name: subject for subject in (Signet, SignetDefault, OidcProvider)
}
