"""`signet demo`: the provider, an application and an API on this machine, to click through.
They run as they would in production, each its own process, with settings and data of the
demo's own; settings of yours in the environment play no part."""

import os
from importlib.util import find_spec
from pathlib import Path

import click

from provider.cli.demo_folder import APPLICATION, EXPORT, USERNAME, Folder
from provider.cli.demo_processes import (
    Program,
    running,
    stop_requests,
    wait_until_ready,
    watch,
)
from provider.cli.output import Failed
from provider.cli.port import require_free_port

_HOST = "127.0.0.1"
_NEEDED = ("client_demo", "requests")
_PORT = click.IntRange(1, 65535)


@click.command()
@click.option("--port", type=_PORT, default=8000, show_default=True, help="The provider's.")
@click.option("--app-port", type=_PORT, default=8001, show_default=True, help="The application's.")
@click.option("--api-port", type=_PORT, default=8002, show_default=True, help="The API's.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("data/demo"),
    show_default=True,
    help="Where everything is kept; delete it to begin anew.",
)
def demo(port: int, app_port: int, api_port: int, data: Path) -> None:
    """Start a provider, a demo application and a demo API, and say what to click.

    Ctrl-C ends all three. What you did is there again at the next start.
    """
    ports = {"--port": port, "--app-port": app_port, "--api-port": api_port}
    _require_programs()
    _require_ports(ports)
    issuer, app, api = (f"http://localhost:{number}" for number in ports.values())
    _forget_other_settings()
    os.environ["SIGNET_ISSUER"] = issuer
    os.environ["SIGNET_OUTGOING__ALLOW_HOSTS"] = app
    folder = Folder(data.absolute())
    try:
        folder.prepare()
    except OSError as error:
        raise Failed(f"the folder {data} can not be used: {error.strerror}") from None
    os.environ["SIGNET_CONFIG"] = str(folder.settings)
    with stop_requests() as stopping:
        if not folder.is_filled(app, api):
            _fill(folder, app, api)
        programs = _programs(folder, issuer=issuer, app=app, api=api, port=port)
        with running(programs) as started:
            if wait_until_ready(started, stopping):
                click.echo(_welcome(folder, data, issuer=issuer, app=app, api=api))
                watch(started, stopping)
    click.echo("\nThe demo has ended; your data is kept.")


def _fill(folder: Folder, app: str, api: str) -> None:
    from provider.cli.configured import configured
    from provider.cli.demo_data import fill

    fill(configured(), folder, app=app, api=api)
    folder.note_filled(app, api)


def _programs(folder: Folder, *, issuer: str, app: str, api: str, port: int) -> list[Program]:
    environment = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "DEMO_ISSUER": issuer,
        "DEMO_CLIENT_ID": APPLICATION,
        "DEMO_CLIENT_SECRET_FILE": str(folder.secret_file("client_secret")),
        "DEMO_SECRET_KEY_FILE": str(folder.secret_file("app_secret_key")),
        "DEMO_BASE_URL": app,
        "DEMO_API_URL": api,
        "DEMO_RESOURCE": api,
    }
    serve = ("-m", "provider.cli", "serve", "--host", _HOST, "--port", str(port))
    return [
        Program(
            "the provider",
            serve,
            environment,
            f"{_here(issuer)}/health/ready",
            folder.path / "provider.log",
        ),
        Program(
            "the demo application",
            ("-m", "client_demo.app"),
            {**environment, "DEMO_DATA": str(folder.path / "app")},
            f"{_here(app)}/health",
            folder.path / "app.log",
        ),
        Program(
            "the demo API",
            ("-m", "client_demo.api"),
            {**environment, "DEMO_DATA": str(folder.path / "api")},
            f"{_here(api)}/health",
            folder.path / "api.log",
        ),
    ]


def _here(url: str) -> str:
    return url.replace("localhost", _HOST)


def _require_programs() -> None:
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise Failed(
            f"the demo needs {' and '.join(missing)};"
            " install it with: pip install 'signet[server,demo]'"
        )


def _require_ports(ports: dict[str, int]) -> None:
    if len(set(ports.values())) < len(ports):
        raise Failed("--port, --app-port and --api-port must be three different ports")
    for option, number in ports.items():
        require_free_port(_HOST, number, option)


def _forget_other_settings() -> None:
    for variable in list(os.environ):
        if variable.upper().startswith(("SIGNET_", "DEMO_")):
            del os.environ[variable]


def _welcome(folder: Folder, data: Path, *, issuer: str, app: str, api: str) -> str:
    def strong(text: str) -> str:
        return click.style(text, bold=True)

    return f"""
  Signet is running.

    Demo application   {strong(app)}
    Provider           {issuer}
    Demo API           {api}

    User name          {strong(USERNAME)}
    Password           {strong(folder.secret("password"))}

  What to click
    1. Open {app} and choose "Sign in with Signet".
    2. Sign in as above, look at what the application asks for, and allow it.
    3. Look at the messages that travelled and the tokens that came; call the API,
       refresh, and sign out.
    4. {issuer}/account shows what you granted, and takes it back.
    5. {app}/revocation watches a token being called back,
       {app}/rotation plays a thief.

  Without a browser
    curl -u {EXPORT}:$(cat {data}/export_secret) \\
         -d grant_type=client_credentials -d resource={api} {issuer}/token

  As its operator, in another terminal
    export SIGNET_CONFIG={folder.settings}
    signet authorization list

  Settings, data and logs are in {data}. Ctrl-C ends everything.
"""
