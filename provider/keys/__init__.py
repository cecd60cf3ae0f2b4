"""The only JOSE (RFC 7515 to 7519) and the only cryptography. `purposes` is the table of
every kind of JWT we sign or accept; `keyring` holds our own keys, signs and derives with
them; `verification` is the one place that verifies; `client_keys` reads the keys clients
register; `vault` seals what is kept in the database. Keys are never chosen by a token."""
