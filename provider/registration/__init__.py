"""What a client must satisfy to be registered, whoever registers it: an operator at the command
line or the client itself (RFC 7591, OpenID Connect Dynamic Client Registration 1.0)."""
