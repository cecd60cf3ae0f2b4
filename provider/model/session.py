"""A session: one browser signed in here. The cookie's value is renewed at every
sign-in and kept as a digest only; the id stays, so what hangs on the session is found
when it ends."""

from dataclasses import dataclass

from provider.model.authentication import Authentication


@dataclass(frozen=True, kw_only=True)
class Session:
    """One session. Times are in seconds since the epoch."""

    id: str
    account_id: str
    authentication: Authentication
    address: str
    user_agent: str
    created_at: int
    last_seen_at: int
    idle_expires_at: int
    expires_at: int
    ended_at: int | None = None
    ended_reason: str | None = None

    def is_live(self, now: int) -> bool:
        """Return whether the session counts at `now`."""
        return self.ended_at is None and now < min(self.idle_expires_at, self.expires_at)

    def why_over(self, now: int) -> str | None:
        """Return why the session does not count at `now`, where that is known."""
        if self.is_live(now) or self.ended_at is not None:
            return self.ended_reason
        return "expired_idle" if self.idle_expires_at < self.expires_at else None
