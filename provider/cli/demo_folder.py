"""The demo's folder: settings and a secret key of its own, and the passwords it made up,
for their owner only. Made where missing. Loaded at every start of the demo, so it leaves
the database alone and only remembers whether it was filled."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

from migrations import revisions
from provider.ambient import Entropy, SystemEntropy
from provider.credentials import opaque

USERNAME = "demo"
APPLICATION = "fieldnotes"
EXPORT = "fieldnotes-export"

_SETTINGS = """\
# The demo's settings, written by `signet demo` when this folder was made. Its addresses come
# from the options of that command. Not for production: `signet serve` refuses to offer these
# settings to other machines.
environment = "demo"
profile = "openid"
data_dir = "."
secret_key_file = "secret_key"

[scopes]
"notes:read" = "Read your notes"
"notes:write" = "Write and change your notes"
"""
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class Folder:
    """The demo's folder and the files in it."""

    path: Path

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.path / "signet.toml"

    def secret_file(self, name: str) -> Path:
        """The file that holds one secret."""
        return self.path / name

    def secret(self, name: str) -> str:
        """Read one secret."""
        return self.secret_file(name).read_text("utf-8").strip()

    def is_filled(self, app: str, api: str) -> bool:
        """Return whether the database was filled for these addresses and this schema."""
        try:
            return self._filled.read_text("utf-8") == _state(app, api)
        except FileNotFoundError:
            return False

    def note_filled(self, app: str, api: str) -> None:
        """Remember that the database was filled, so that the next start need not look."""
        self._filled.write_text(_state(app, api), "utf-8")

    @property
    def _filled(self) -> Path:
        return self.path / "filled"

    def prepare(self) -> None:
        """Make the folder, the settings file and the secrets where they are missing."""
        entropy = SystemEntropy()
        self.path.mkdir(parents=True, exist_ok=True)
        for name in ("app", "api"):
            (self.path / name).mkdir(exist_ok=True)
        if not self.settings.exists():
            self.settings.write_text(_SETTINGS, "utf-8")
        made = {
            "secret_key": _key(entropy),
            "app_secret_key": _key(entropy),
            "password": _password(entropy),
            "client_secret": opaque.new(entropy, opaque.CLIENT_SECRET),
            "export_secret": opaque.new(entropy, opaque.CLIENT_SECRET),
        }
        for name, value in made.items():
            file = self.secret_file(name)
            if not file.exists():
                file.touch(0o600)
                file.write_text(value + "\n", "utf-8")


def _state(app: str, api: str) -> str:
    return f"{revisions()[-1]} {app} {api}\n"


def _key(entropy: Entropy) -> str:
    return urlsafe_b64encode(entropy.token_bytes(32)).rstrip(b"=").decode()


def _password(entropy: Entropy) -> str:
    """Return four groups of four characters that are not mistaken for one another."""
    usable = 256 - 256 % len(_LETTERS)
    drawn = [_LETTERS[byte % len(_LETTERS)] for byte in entropy.token_bytes(64) if byte < usable]
    return "-".join("".join(drawn[start : start + 4]) for start in range(0, 16, 4))
