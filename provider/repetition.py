"""Which refusals were noted in the audit trail a moment ago. Who is refused again and again
leaves one event a minute for each client and address, so the trail shows the attempt and
does not become a way to fill the disk. Kept in memory: each process notes its own."""

from provider.store.events import Event

WINDOW = 60
"""Seconds for which the same refusal is no news."""

MOST = 1000
"""Different refusals noted in a window; the log and the metrics have them all."""


class Repetition:
    """Remembers what was noted in the current window."""

    def __init__(self) -> None:
        self._window = 0
        self._noted: set[tuple[str | None, ...]] = set()

    def is_news(self, event: Event) -> bool:
        """Return whether to note this refusal, and remember that it was."""
        window = event.at // WINDOW
        if window != self._window:
            self._window, self._noted = window, set()
        about = (event.name, event.client_id, event.authorization_id, event.address)
        if about in self._noted or len(self._noted) >= MOST:
            return False
        self._noted.add(about)
        return True
