"""A database made once and copied for each test: migrated, with its keys. Copying takes a
millisecond, making the RSA keys half a second. What is copied must not be open."""

from collections.abc import Mapping
from pathlib import Path
from shutil import copyfile
from typing import Any

from pydantic import SecretStr

from provider.ambient import Clock, SystemEntropy
from provider.app import create_provider
from provider.keys.material import encode
from provider.settings import Settings
from provider.store import migration
from provider.store.unit_of_work import transaction


def prepare(settings: Settings, clock: Clock) -> None:
    """Migrate the empty database of the settings and make its keys."""
    migration.migrate(settings.database_url)
    provider = create_provider(settings, clock=clock)
    with transaction(provider.engine) as tx:
        provider.keyring.ensure(tx, provider.clock.now())
    provider.engine.dispose()


class Template:
    """An SQLite file to copy, and the master key under which its keys are sealed."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._file = folder / "template.sqlite"
        self._secret_key = SecretStr(encode(SystemEntropy().token_bytes(32)).decode())
        prepare(self._settings(self._file, {}), clock)

    def settings(self, folder: Path, values: Mapping[str, Any]) -> Settings:
        """Return settings with these values, for a copy of the database in `folder`."""
        file = folder / "signet.sqlite"
        copyfile(self._file, file)
        return self._settings(file, {"data_dir": folder, **values})

    def _settings(self, file: Path, values: Mapping[str, Any]) -> Settings:
        return Settings(database_url=f"sqlite:///{file}", secret_key=self._secret_key, **values)
