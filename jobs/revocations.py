"""The command that serves the revocation feed."""

from typing import Annotated

import typer

from base.settings import load_settings

revocations = typer.Typer(help="Tells diallers what they may no longer use.", no_args_is_help=True)


@revocations.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at.")] = 8464,
) -> None:
    """Serves the feed until Ctrl-C; put the bank's TLS in front of it."""
    import uvicorn

    from ledger.database import open_ledger
    from outreach.revocations.app import make_app

    settings = load_settings()
    with open_ledger(settings) as ledger:
        app = make_app(settings, ledger)
        uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False)
