"""The frame that clients load to ask whether the session is still the one of their
`session_state` (OpenID Connect Session Management §3.2, §3.3). The question is answered
in the browser; nothing is sent here. The one page of ours that any site may frame."""

from base64 import b64encode
from hashlib import sha256

from provider.context import Context
from provider.credentials import browser_state
from provider.credentials.session_cookie import cookie_name
from provider.http import Request, Response
from provider.roles import Endpoint

SCRIPT = """
(function () {
  'use strict'
  var cookie = document.body.getAttribute('data-cookie') + '='

  function browserState() {
    var pairs = document.cookie.split('; ')
    for (var i = 0; i < pairs.length; i += 1) {
      if (pairs[i].indexOf(cookie) === 0) return pairs[i].slice(cookie.length)
    }
    return ''
  }

  function parentOrigin() {
    if (location.ancestorOrigins) return location.ancestorOrigins[0]
    return document.referrer ? new URL(document.referrer).origin : null
  }

  function isOfOurParent(event) {
    if (window.parent === window || event.origin === 'null') return false
    return event.source === window.parent || event.origin === parentOrigin()
  }

  function hex(buffer) {
    return Array.prototype.map.call(new Uint8Array(buffer), function (one) {
      return ('0' + one.toString(16)).slice(-2)
    }).join('')
  }

  window.addEventListener('message', function (event) {
    if (!isOfOurParent(event)) return
    function answer(text) { event.source.postMessage(text, event.origin) }
    var asked = /^(.+) ([^ .]+)[.]([^ .]+)$/.exec(event.data)
    if (typeof event.data !== 'string' || !asked || !window.crypto.subtle) {
      answer('error')
      return
    }
    var about = [asked[1], event.origin, browserState(), asked[3]].join(' ')
    window.crypto.subtle.digest('SHA-256', new TextEncoder().encode(about)).then(function (found) {
      answer(hex(found) === asked[2] ? 'unchanged' : 'changed')
    })
  })
}())
"""
"""Runs in browsers of any age that have `crypto.subtle`: in a frame, where all pages around it
came by https or from this machine."""

_HASH = b64encode(sha256(SCRIPT.encode()).digest()).decode()
_HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "public, max-age=3600"),
    ("Referrer-Policy", "no-referrer"),
    (
        "Content-Security-Policy",
        f"default-src 'none'; script-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'",
    ),
)


class CheckSessionIframe(Endpoint):
    """Serves the frame, the same to everybody.

    Stricter: §3.2 wants questions from the origin of the parent frame alone; where the
    browser does not tell which that is, only the parent itself is answered.
    """

    path = "/check-session"
    methods = ("GET",)
    name = "check_session_iframe"
    specs = ("OpenID Connect Session Management 1.0 section 3.2",)
    read_only = True
    from_memory = True

    def respond(self, ctx: Context, request: Request) -> Response:
        """Return the page."""
        del request
        cookie = cookie_name(ctx, browser_state.KIND)
        page = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Session</title>'
            f'<body data-cookie="{cookie}"><script>{SCRIPT}</script></body></html>'
        )
        return Response(headers=list(_HEADERS), body=page.encode())
