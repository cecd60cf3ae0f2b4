"""How sessions and authorizations end, and who must hear of it."""
