"""What we remember: the only SQL. One file per record kind, with functions named
for intents (`redeem`, `rotate`, `end`, `purge`). They take the transaction of the
request, return values of `model`, and state facts; what a fact means is decided
above."""
