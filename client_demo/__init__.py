"""Fieldnotes: a relying party and an API that use an OpenID provider.

`app` is the application a person clicks through, `relying_party` holds all its OAuth, and `api`
is a protected resource that verifies access tokens by itself. Everything known about the provider
comes from its discovery document (OpenID Connect Discovery 1.0 §4): nothing here imports it, so
the folder can be copied out and pointed at any provider.
"""
