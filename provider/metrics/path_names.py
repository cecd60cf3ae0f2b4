"""What stands for a path in metrics and traces: its first step, if that is one of ours. A
request can choose its path, but not make a new name of it."""

from collections.abc import Iterable

PAGES = frozenset({"account", "errors", "health", "interaction", "logout", "signed-out", "static"})


class PathNames:
    """The names. `paths`: the protocol's paths; `prefix`: the path of the issuer."""

    def __init__(self, paths: Iterable[str], prefix: str = "") -> None:
        self._prefix = prefix
        self._known = PAGES | {self._step(path) for path in paths}

    def name(self, path: str) -> str:
        """Return what stands for a path."""
        if path == self._prefix + "/":
            return "home"
        step = self._step(path)
        return step if step in self._known else "other"

    def _step(self, path: str) -> str:
        """Return what follows the issuer's path; nothing, where the path is not below that."""
        prefix = self._prefix if path.startswith(self._prefix + "/") else ""
        first, slash, rest = path.removeprefix(prefix).partition("/")
        return rest.partition("/")[0] if slash and not first else ""
