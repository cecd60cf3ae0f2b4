"""One file per URL that a specification names. An endpoint takes our own request value
and returns our own response value; `front` opens the context, ends the transaction and
renders errors, so there are no rules about those here."""
