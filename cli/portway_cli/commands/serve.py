"""`portway serve`: platform, cloud site and assistant in one process."""

import os
from pathlib import Path

import click

from portway_cli.connections import DEFAULT_URL
from portway_cli.options import database_option

DEFAULT_PORT = int(DEFAULT_URL.rpartition(":")[2])


@click.command("serve")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    envvar="PORTWAY_DATA",
    show_envvar=True,
    help="Folder that keeps everything; made when absent.",
)
@database_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    envvar="PORTWAY_PORT",
    show_envvar=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--public-url",
    envvar="PORTWAY_PUBLIC_URL",
    show_envvar=True,
    help="Address others reach it at, when a proxy stands before it.",
)
@click.option(
    "--outbound",
    type=click.Choice(["loopback", "public"]),
    envvar="PORTWAY_OUTBOUND",
    show_envvar=True,
    help="Which addresses of cloud apps are called: this machine's, or public ones over https."
    "  [default: loopback when listening on this machine only, else public]",
)
@click.option(
    "--threads",
    type=click.IntRange(4, 512),
    default=32,
    show_default=True,
    help="Requests served at once; each connected server app holds one while it waits for work.",
)
@click.option(
    "--app-requests",
    type=click.IntRange(0),
    default=6_000,
    show_default=True,
    envvar="PORTWAY_APP_REQUESTS_PER_MINUTE",
    show_envvar=True,
    help="Requests a minute that one side of an app may send to one site; 0 for any number.",
)
@click.option(
    "--site-requests",
    type=click.IntRange(0),
    default=12_000,
    show_default=True,
    envvar="PORTWAY_SITE_REQUESTS_PER_MINUTE",
    show_envvar=True,
    help="Requests a minute that a site takes of all apps together; 0 for any number.",
)
@click.option(
    "--upload-limit",
    "upload_limit_bytes",
    type=click.IntRange(1),
    default=25 * 1000**3,
    show_default=True,
    metavar="BYTES",
    envvar="PORTWAY_UPLOAD_LIMIT_BYTES",
    show_envvar=True,
    help="Largest file an app may upload.",
)
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def command(
    data: Path,
    database_url: str | None,
    host: str,
    port: int,
    public_url: str | None,
    outbound: str | None,
    threads: int,
    app_requests: int,
    site_requests: int,
    upload_limit_bytes: int,
    quiet: bool,
) -> None:
    """Run platform, cloud site and assistant until interrupted.

    Everything acknowledged survives a crash; start it again with the same folder. Several of them
    may run on one PostgreSQL and one data folder. Exits 0 when stopped by SIGTERM or Ctrl-C.
    """
    from portway_cli.composition import Composition
    from portway_cli.connections import note_address
    from portway_cli.data_folder import DataFolder
    from portway_cli.options import check_database
    from portway_cli.processes import free_port
    from portway_cli.runners import ProcessRunner
    from portway_platform.rate_limits.rules import RateLimits
    from portway_service.ids import RandomIds
    from portway_service.outbound import Outbound
    from portway_service.server import serve

    is_local = host in {"127.0.0.1", "::1", "localhost"}
    if database_url is not None:
        check_database(database_url)
    folder = DataFolder.open(data)
    token = folder.admin_token(RandomIds())
    # The port is part of every address handed out, so it must be known before the app is made.
    port = port or free_port()
    url = public_url or f"http://{'127.0.0.1' if is_local else host}:{port}"
    policy = Outbound(outbound or ("loopback" if is_local else "public"))
    composition = Composition(
        folder,
        public_url=url.rstrip("/"),
        outbound=policy,
        database_url=database_url,
        upload_limit_bytes=upload_limit_bytes,
        rate_limits=RateLimits(app_requests or None, site_requests or None),
        runner=ProcessRunner(folder, f"http://{'127.0.0.1' if is_local else host}:{port}"),
    )

    def on_ready(_address: str) -> None:
        note_address(url, folder.admin_token_file)
        if quiet:
            return
        click.echo(f"Portway is ready at {url} (process {os.getpid()})")
        click.echo(f"  Sites and pages   {url}/sign-in?token={token}")
        click.echo(f"  Admin token       {folder.admin_token_file}")
        click.echo("  Ctrl-C stops it.")

    serve(
        composition.start,
        host=host,
        port=port,
        threads=threads,
        on_ready=on_ready,
        on_stopping=composition.end_waits,
        on_stop=composition.stop,
    )
