"""How a client proves who it is (RFC 6749 §2.3, OpenID Connect Core §9), one file per
registered method. Which method is meant is told by what is presented, and for an assertion
by what the client registered; two at once are refused before any is asked. Every failure
reads the same."""
