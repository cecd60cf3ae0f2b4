"""What a provider under load must be able to do: start on a fresh database with clients and a
person registered, say which processes are its own and which its database's, and leave nothing."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import ClassVar, Self

from benchmarks.deployment import Deployment


@dataclass(frozen=True)
class Conditions:
    """What a subject runs under. `alg` signs access tokens and the machine's assertions."""

    database: str
    alg: str
    workers: int = 1


class Subject(ABC):
    """One provider on one database, while the block lasts."""

    name: ClassVar[str]

    def __init__(self, conditions: Conditions) -> None:
        self.conditions = conditions
        self.ending = ExitStack()
        self.deployment: Deployment

    @classmethod
    @abstractmethod
    def databases(cls) -> tuple[str, ...]:
        """Return the databases this machine lets it run on."""

    @classmethod
    @abstractmethod
    def version(cls) -> str:
        """Return what exactly is measured, and on what it runs."""

    @abstractmethod
    def start(self) -> Deployment:
        """Start, arrange and wait until it answers. What must end is left to `ending`."""

    @abstractmethod
    def pids(self) -> Mapping[str, set[int]]:
        """Return its processes: those of the `provider` and those of the `database`."""

    def stop(self) -> None:
        """End everything that was started."""
        self.ending.close()

    def __enter__(self) -> Self:
        try:
            self.deployment = self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
