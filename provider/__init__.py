"""Signet, an OAuth 2.1 and OpenID Connect provider.

A guided tour. `features` lists everything we speak; `app` wires it. A request comes in at
`front` (protocol endpoints) or Flask (`interaction`, the pages), goes through `door`, which
opens its `context`, and then from `endpoints` by way of `grants` or `authorization` to
`credentials` and `store`. `authorization_server` is where Authlib conducts. `keys` holds
the only cryptography, `store` the only SQL, `ambient` the only clock and randomness.
The discovery document is the table of contents: what it lists has a file of that name.
"""
