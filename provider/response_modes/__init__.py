"""How response parameters travel back to the client, one file per `response_mode`."""
