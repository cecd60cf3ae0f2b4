"""The pages a person sees. Flask routes them; each is a function of the request's context
that returns our own response, so pages and protocol endpoints share one door: one
transaction, one way to refuse."""
