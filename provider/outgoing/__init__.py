"""What we fetch from others and tell them: every request of ours to somebody else's server goes
through one guarded fetcher (RFC 9700 §4.15, OpenID Connect Core §6.2, §8.1)."""
