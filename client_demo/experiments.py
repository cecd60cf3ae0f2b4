"""The two pages on which a person plays with tokens: rotation, with a lost answer and a thief, and
revocation, with a token that is called back. Their routes; what happens is in `rotation` and
`revocation`. Mounted by `app`.
"""

from flask import Flask, redirect, render_template, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from client_demo.messages import Timeline
from client_demo.page_rules import PageRules
from client_demo.provider_client import Stopped
from client_demo.relying_party import RelyingParty
from client_demo.revocation import RevocationWatch, ways
from client_demo.rotation import RotationExperiments
from client_demo.settings import Settings
from client_demo.signed_in import SignedInStore


def mount(
    app: Flask,
    config: Settings,
    rules: PageRules,
    party: RelyingParty,
    people: SignedInStore,
    timeline: Timeline,
) -> None:
    """Add the routes."""
    rotations = RotationExperiments(party, people, timeline)
    watching = RevocationWatch(party, timeline, config.api_url)

    @app.get("/rotation")
    def rotation() -> str | AnyResponse:
        # Shown also after the experiment has signed the person out.
        result = session.get("experiment")
        if rules.person() is None and result is None:
            return redirect(url_for("home"), 303)
        return render_template("rotation.html", result=result)

    @app.get("/revocation")
    def revocation() -> str | AnyResponse:
        # Shown also where what is watched has ended the session here.
        watch = session.get("watch")
        if watch is None:
            if rules.person() is None:
                return redirect(url_for("home"), 303)
            return render_template("revocation.html", watch=None)
        session["watch"] = watch = watching.look(watch, rules.person())
        return render_template("revocation.html", watch=watch, ways=ways)

    @app.post("/rotation/<any(lost_answer, thief):experiment>")
    def experiment(experiment: str) -> AnyResponse:
        session_id, person = rules.acting()
        if person.refresh_token is None:
            raise Stopped("There is no refresh token: offline_access was not granted.")
        session["experiment"] = (
            rotations.thief(session_id, person, config.api_url)
            if experiment == "thief"
            else rotations.lost_answer(session_id, person)
        )
        response = redirect(url_for("rotation"), 303)
        if session["experiment"]["signed_out"]:
            rules.forget(response)
        return response

    @app.post("/revocation/watch/<any(elsewhere, fieldnotes):by>")
    def watch(by: str) -> AnyResponse:
        session_id, person = rules.acting()
        person = party.fresh(session_id, person)
        session["watch"] = watching.begin(person, give_back=by == "fieldnotes")
        return redirect(url_for("revocation"), 303)

    @app.post("/revocation/stop")
    def stop_watching() -> AnyResponse:
        rules.acting()
        session.pop("watch", None)
        return redirect(url_for("revocation"), 303)
