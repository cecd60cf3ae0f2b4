"""The scenarios. Each is prepared for one agent, with a budget of steps, and returns the step:
one call is one answer that counts, and it raises WrongAnswer where the answer is not right. What
a step consumes (refresh tokens to revoke, signed assertions) is made before the clock starts."""

from collections.abc import Callable

from benchmarks.agent import ASSERTION_TYPE, Agent

Step = Callable[[], None]
Scenario = Callable[[Agent, int], Step]


def discovery(agent: Agent, budget: int) -> Step:
    """The discovery document, without a conditional header."""
    del budget

    def step() -> None:
        answer = agent.get(agent.discovery_url)
        answer.require(answer.document() == agent.metadata, "the same document expected")

    return step


def jwks(agent: Agent, budget: int) -> Step:
    """The key set, likewise."""
    del budget

    def step() -> None:
        answer = agent.get(agent.metadata["jwks_uri"])
        answer.require(answer.document() == agent.jwks, "the same keys expected")

    return step


def client_credentials(agent: Agent, budget: int) -> Step:
    """An access token for a client that has a secret."""
    del budget
    fields = {"grant_type": "client_credentials", "scope": agent.deployment.machine_scope}

    def step() -> None:
        agent.sample(agent.tokens(fields, {"access_token"}))

    return step


def private_key_jwt(agent: Agent, budget: int) -> Step:
    """An access token for a client that signs an assertion."""
    assertions = [agent.assertion() for _ in range(budget)]
    fields = {
        "grant_type": "client_credentials",
        "scope": agent.deployment.machine_scope,
        "client_assertion_type": ASSERTION_TYPE,
    }

    def step() -> None:
        sent = {**fields, "client_assertion": assertions.pop()}
        agent.sample(agent.tokens(sent, {"access_token"}, proven=False))

    return step


def login(agent: Agent, budget: int) -> Step:
    """Authorize in an existing session, code, tokens: two requests, one answer."""
    del budget

    def step() -> None:
        agent.login()

    return step


def refresh(agent: Agent, budget: int) -> Step:
    """Refresh with rotation, each time with the token of the time before."""
    del budget
    current = agent.login()["refresh_token"]

    def step() -> None:
        nonlocal current
        fields = {"grant_type": "refresh_token", "refresh_token": current}
        answer = agent.tokens(fields, {"access_token", "refresh_token"})
        if answer["refresh_token"] == current:
            agent.post("token_endpoint", fields).require(False, "a rotation expected")
        current = answer["refresh_token"]
        agent.sample(answer)

    return step


def userinfo(agent: Agent, budget: int) -> Step:
    """The claims of the person, again and again for one access token."""
    del budget
    url, token = agent.metadata["userinfo_endpoint"], agent.login()["access_token"]
    first = agent.get(url, Authorization=f"Bearer {token}").document()

    def step() -> None:
        answer = agent.get(url, Authorization=f"Bearer {token}")
        document = answer.document()
        answer.require({"sub", "name", "email"} <= set(document), "sub, name and email expected")
        answer.require(document == first, "the same claims expected")

    return step


def introspection(agent: Agent, budget: int) -> Step:
    """What an access token is, asked by its client."""
    del budget
    fields = {"token": agent.login()["access_token"]}
    client_id = agent.deployment.application.client_id

    def step() -> None:
        answer = agent.post("introspection_endpoint", fields)
        document = answer.document()
        answer.require(document.get("active") is True, "a live token expected")
        answer.require(document.get("client_id") == client_id, "the client expected")

    return step


def revocation(agent: Agent, budget: int) -> Step:
    """A refresh token given back; of the sample, it must be refused from then on."""
    cookie = agent.deployment.cookie_to_revoke
    tokens = [str(agent.login(cookie)["refresh_token"]) for _ in range(budget)]

    def refused(token: str) -> None:
        fields = {"grant_type": "refresh_token", "refresh_token": token}
        answer = agent.post("token_endpoint", fields)
        error = answer.document(400).get("error")
        answer.require(error == "invalid_grant", "a refusal expected")

    def step() -> None:
        token = tokens.pop()
        answer = agent.post("revocation_endpoint", {"token": token})
        answer.require(answer.status == 200, "status 200 expected")
        if agent.is_sampled():
            agent.later.append(lambda: refused(token))

    return step


SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        discovery,
        jwks,
        client_credentials,
        private_key_jwt,
        login,
        refresh,
        userinfo,
        introspection,
        revocation,
    )
}
