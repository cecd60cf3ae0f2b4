"""The real provider for other people's tests, and the plugin that hands it to pytest.

Who writes an application or an API asks for the fixture `signet` (`plugin`) and gets what `app`
assembles, behind a port of this machine, on a database of the test's own, with a clock that the
test moves (`clock`). Nothing here stands in for a part of the provider: people, clients and
sessions are put into its store (`people`, `clients`), tokens come from its endpoints
(`application`), and what ends, ends as an operator would end it. Our own tests use the same.
Choice: the words are those of who tests an application; the rest of `provider` says "account".
"""
