"""Fieldnotes, the application a person clicks through: sign in, claims, API, refresh, sign out.

Routes and pages only; everything said to the provider is in `relying_party`. Every page shows the
messages that travelled and the tokens that are held. Actions are POST forms with a token bound to
the session (CSRF), answered with a redirect to a page. `python -m client_demo.app` serves it.
"""

from typing import Any

from flask import Flask, Response, jsonify, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from client_demo import browser_session, explanations, messages, signed_in
from client_demo.browser_session import BrowserSessions
from client_demo.database import Database
from client_demo.messages import Timeline, shorten
from client_demo.page_rules import PageRules
from client_demo.problems import show_problems
from client_demo.provider_client import Stopped, Unreachable
from client_demo.relying_party import SCOPE, ApiAnswer, RelyingParty
from client_demo.rotation import RotationExperiments
from client_demo.settings import Settings
from client_demo.signed_in import SignedIn, SignedInStore

PROMPTS = ("login", "consent", "none")
PAGES = ("profile", "notes", "tokens", "rotation")
"""Pages an action may lead back to."""


def create_app(config: Settings) -> Flask:
    """The application, ready to be served."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 16 * 1024
    database = Database(
        config.data / "fieldnotes.sqlite",
        browser_session.SCHEMA + signed_in.SCHEMA + messages.SCHEMA,
    )
    app.session_interface = BrowserSessions(database, secure=config.secure)
    people = SignedInStore(database, config.secret_key)
    timeline = Timeline(database, config.api_url)
    party = RelyingParty(app, config, people, timeline)
    experiments = RotationExperiments(party, people, timeline)
    rules = PageRules(app, config, people)
    show_problems(app, config, rules)
    notes_url = f"{config.api_url}/api/notes"

    @app.context_processor
    def page_context() -> dict[str, Any]:
        return {
            "issuer": config.issuer,
            "person": rules.person(),
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
        prompt = request.args.get("prompt")
        return party.begin_sign_in(prompt if prompt in PROMPTS else None)

    @app.get("/callback")
    def callback() -> AnyResponse:
        session_id = party.finish_sign_in()
        if (before := rules.person()) is not None:
            party.give_back(before)
        response = redirect(url_for("profile"), 303)
        rules.renew(response, session_id)
        return response

    @app.get("/profile")
    def profile() -> str | AnyResponse:
        return page("profile.html")

    @app.get("/notes")
    def notes() -> str | AnyResponse:
        return page("notes.html", result=session.get("api_result"))

    @app.get("/tokens")
    def tokens() -> str | AnyResponse:
        return page("tokens.html")

    @app.get("/rotation")
    def rotation() -> str | AnyResponse:
        # Shown also after the experiment has signed the person out.
        result = session.get("experiment")
        if rules.person() is None and result is None:
            return redirect(url_for("home"), 303)
        return render_template("rotation.html", result=result)

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

    @app.post("/rotation/<any(lost_answer, thief):experiment>")
    def experiment(experiment: str) -> AnyResponse:
        session_id, person = rules.acting()
        if person.refresh_token is None:
            raise Stopped("There is no refresh token: offline_access was not granted.")
        session["experiment"] = (
            experiments.thief(session_id, person, config.api_url)
            if experiment == "thief"
            else experiments.lost_answer(session_id, person)
        )
        response = redirect(url_for("rotation"), 303)
        if session["experiment"]["signed_out"]:
            rules.forget(response)
        return response

    @app.post("/sign-out")
    def sign_out() -> AnyResponse:
        session_id, person = rules.acting()
        people.end(session_id)
        timeline.forget()
        for name in ("api_result", "experiment"):
            session.pop(name, None)
        try:
            response: AnyResponse = party.begin_sign_out(person)
        except Unreachable:
            response = redirect(url_for("signed_out", provider="unreachable"), 303)
        rules.forget(response)
        return response

    @app.get("/signed-out")
    def signed_out() -> str:
        came_back = "state" in request.args and party.finish_sign_out()
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
