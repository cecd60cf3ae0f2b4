"""Fieldnotes, the application a person clicks through: sign in, claims, API, refresh, sign out.

Routes and pages only; everything said to the provider is in `relying_party`. Every page shows the
messages that travelled and the tokens that are held. Actions are POST forms with a token bound to
the session (CSRF), answered with a redirect to a page. `python -m client_demo.app` serves it.
"""

from typing import Any

from flask import Flask, Response, jsonify, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from client_demo import (
    browser_session,
    experiments,
    explanations,
    front_channel,
    logout_received,
    messages,
    signed_in,
)
from client_demo.browser_session import BrowserSessions, this_browser
from client_demo.conversation import SCOPE, ApiAnswer
from client_demo.database import Database
from client_demo.front_channel import PostedResponses
from client_demo.issuer_keys import Unverified
from client_demo.logout_received import LogoutReceiver
from client_demo.messages import Timeline, shorten
from client_demo.page_rules import PageRules
from client_demo.problems import show_problems
from client_demo.provider_client import Stopped, Unreachable
from client_demo.relying_party import RelyingParty
from client_demo.settings import Settings
from client_demo.signed_in import SignedIn, SignedInStore
from client_demo.wish import Wish

PAGES = ("profile", "notes", "tokens", "rotation", "revocation")
"""Pages an action may lead back to."""


def create_app(config: Settings) -> Flask:
    """The application, ready to be served."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 16 * 1024
    database = Database(
        config.data / "fieldnotes.sqlite",
        "".join(
            one.SCHEMA
            for one in (browser_session, signed_in, messages, front_channel, logout_received)
        ),
    )
    app.session_interface = BrowserSessions(database, secure=config.secure)
    people = SignedInStore(database, config.secret_key)
    timeline = Timeline(database, config.api_url)
    party = RelyingParty(app, config, people, timeline)
    posted = PostedResponses(database)
    receiver = LogoutReceiver(config, database, people, timeline)
    rules = PageRules(app, config, people)
    show_problems(app, config, rules)
    experiments.mount(app, config, rules, party, people, timeline)
    notes_url = f"{config.api_url}/api/notes"

    @app.context_processor
    def page_context() -> dict[str, Any]:
        return {
            "issuer": config.issuer,
            "person": rules.person(),
            "notice": receiver.take_notice(this_browser().browser),
            "csrf_token": rules.csrf_token(),
            "journeys": timeline.journeys,
            "steps": explanations.STEPS,
            "claim_lines": explanations.claim_lines,
            "decoded": explanations.decoded,
            "until": explanations.until,
            "moment": explanations.moment,
            "shorten": shorten,
        }

    @app.get("/")
    def home() -> str:
        return render_template("home.html", scopes=SCOPE.split(), resource=config.resource)

    @app.get("/<any(privacy, terms):paper>")
    def papers(paper: str) -> str:
        # Where the policy and terms links of the provider's pages lead.
        return render_template(f"{paper}.html")

    @app.get("/health")
    def health() -> Response:
        return jsonify(status="ok")

    @app.get("/sign-in")
    def sign_in() -> AnyResponse:
        return party.begin_sign_in(Wish.of_person(request.args))

    @app.route("/initiate-login", methods=["GET", "POST"])
    def initiate_login() -> AnyResponse:
        return party.begin_sign_in(Wish.of_third_party(request.values, config))

    @app.post("/callback")
    def posted_callback() -> AnyResponse:
        if any(len(values) > 1 for _, values in request.form.lists()):
            raise Stopped("A parameter of the response came twice.")
        handle = posted.put_aside(request.form.to_dict())
        return redirect(url_for("callback", posted=handle), 303)

    @app.get("/callback")
    def callback() -> AnyResponse:
        if any(len(values) > 1 for _, values in request.args.lists()):
            raise Stopped("A parameter of the response came twice.")
        handle = request.args.get("posted")
        parameters = posted.take(handle) if handle else request.args.to_dict()
        timeline.begin("Sign in", parameters.get("state", ""))
        timeline.came_back("authorization_response", config.base_url + "/callback", parameters)
        session_id, target = party.finish_sign_in(parameters)
        if (before := rules.person()) is not None:
            party.give_back(before)
        response = redirect(target or url_for("profile"), 303)
        rules.renew(response, session_id)
        return response

    @app.post("/backchannel-logout")
    def backchannel_logout() -> tuple[Response, int]:
        try:
            ended = receiver.back_channel(request.form.get("logout_token", ""))
        except Unverified as reason:
            told = {"error": "invalid_request", "error_description": str(reason)}
            return jsonify(told), 400
        return jsonify(ended=ended), 200

    @app.get("/frontchannel-logout")
    def frontchannel_logout() -> tuple[str, int]:
        try:
            receiver.front_channel(request.args.get("iss", ""), request.args.get("sid", ""))
        except Unverified as reason:
            return str(reason), 400
        return "Signed out.", 200

    @app.get("/profile")
    def profile() -> str | AnyResponse:
        return page("profile.html")

    @app.get("/notes")
    def notes() -> str | AnyResponse:
        return page("notes.html", result=session.get("api_result"))

    @app.get("/tokens")
    def tokens() -> str | AnyResponse:
        return page("tokens.html")

    def page(template: str, **context: Any) -> str | AnyResponse:
        if rules.person() is None:
            return redirect(url_for("home"), 303)
        return render_template(template, **context)

    @app.post("/call-api")
    def call_api() -> AnyResponse:
        session_id, person = rules.acting()
        timeline.begin("Call the API")
        variant = request.form.get("token", "access_token")
        if variant == "access_token":
            person = party.fresh(session_id, person)
        text = request.form.get("text", "").strip()
        method, body = ("POST", {"text": text[:500]}) if text else ("GET", None)
        answer = party.call(method, notes_url, _variant(variant, person), body)
        session["api_result"] = _shown(method, variant, answer)
        return redirect(url_for("notes"), 303)

    @app.post("/refresh")
    def refresh() -> AnyResponse:
        session_id, person = rules.acting()
        timeline.begin("Refresh")
        # Pressing the button twice asks for one refresh: of the tokens that the page showed.
        if request.form.get("generation", str(person.generation)) == str(person.generation):
            party.refresh(session_id, person)
        session.pop("experiment", None)
        back = request.form.get("back", "tokens")
        return redirect(url_for(back if back in PAGES else "tokens"), 303)

    @app.post("/sign-out")
    def sign_out() -> AnyResponse:
        session_id, person = rules.acting()
        people.end(session_id)
        timeline.forget()
        for name in ("api_result", "experiment", "watch"):
            session.pop(name, None)
        try:
            response: AnyResponse = party.begin_sign_out(person)
        except Unreachable:
            response = redirect(url_for("signed_out", provider="unreachable"), 303)
        rules.forget(response)
        return response

    @app.get("/signed-out")
    def signed_out() -> str:
        state = request.args.get("state")
        came_back = state is not None and party.finish_sign_out(state, request.url)
        return render_template("signed_out.html", came_back=came_back)

    return app


def _variant(variant: str, person: SignedIn) -> str | None:
    """The token with which to call the API: the right one, or one that must be refused."""
    return {
        "none": None,
        "id_token": person.id_token,
        "altered": person.access_token[:-6] + person.access_token[-6:].swapcase()[::-1],
    }.get(variant, person.access_token)


def _shown(method: str, variant: str, answer: ApiAnswer) -> dict[str, Any]:
    return {
        "method": method,
        "variant": variant,
        "status": answer.status,
        "body": answer.body,
        "challenge": answer.challenge,
    }


def create_from_environment() -> Flask:
    """The application with the settings of the DEMO_ environment variables."""
    return create_app(Settings.from_environment())


def main() -> None:
    """Serve the application until it is told to stop."""
    from client_demo.serving import serve

    serve("client_demo.app", lambda: Settings.from_environment().base_url)


if __name__ == "__main__":
    main()
