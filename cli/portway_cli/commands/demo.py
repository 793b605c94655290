"""`portway demo`: a real export and one app, end to end, with real processes."""

import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from portway_assistant.reports.report import Report

SAMPLE = "confluence-8.5.6-space.xml.zip"
MARKER = ".portway-demo"
MANIFEST_PORT = "9010"
NOTES = 40


@click.command("demo")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("portway-demo"),
    show_default=True,
    help="Folder for everything the demo makes; an earlier demo in it is replaced.",
)
def command(data: Path) -> None:
    """Move a real Confluence Server export and the data of one app to a cloud site.

    Starts the platform with its cloud site and both sides of the example app as processes of their
    own, and ends them again. Needs no network and asks nothing. Exits 0 when all went well.
    """
    from portway_cli.console import choose_progress
    from portway_cli.migration import PlanOrder, run_migration
    from portway_cli.processes import free_port
    from portway_cli.sessions import Where

    _start_afresh(data)
    samples = Path(str(files("portway_cli") / "samples"))
    export = data / SAMPLE
    shutil.copyfile(samples / SAMPLE, export)
    manifest = _place_manifest(data / "notes-app", port=free_port())
    progress = choose_progress()
    try:
        progress.step("Making the example app's data on the server")
        _seed_notes(export, data)
        report, report_path = run_migration(
            PlanOrder(
                export=export,
                name="Portway demo",
                site_key="acme",
                manifests=(manifest,),
                trusted_domains=("all",),
            ),
            Where(data, patience_seconds=20.0),
            progress,
            app_patience_seconds=60.0,
        )
    finally:
        progress.close()
    for line in summary(report, report_path, data):
        click.echo(line)
    sys.exit(0 if report.run.status == "FINISHED" else 1)


def _start_afresh(data: Path) -> None:
    if data.exists() and any(data.iterdir()):
        if not (data / MARKER).exists():
            raise click.UsageError(f"{data} holds something else; give another folder by --data.")
        shutil.rmtree(data)
    data.mkdir(parents=True, exist_ok=True)
    (data / MARKER).write_text("Made by `portway demo`, which replaces it.\n")


def _place_manifest(folder: Path, *, port: int) -> Path:
    """Copy the example's manifest, with a port that is free here."""
    folder.mkdir(parents=True)
    original = Path(str(files("notes_app")))
    for name in ("privacy.md", "terms.md"):
        shutil.copyfile(original / name, folder / name)
    text = (original / "portway.toml").read_text(encoding="utf-8")
    manifest = folder / "portway.toml"
    manifest.write_text(text.replace(MANIFEST_PORT, str(port)), encoding="utf-8")
    return manifest


def _seed_notes(export: Path, data: Path) -> None:
    """Let the example app's server side have notes on the export's pages."""
    import orjson

    from portway_cli.data_folder import DataFolder
    from portway_cli.manifests import read_app_file
    from portway_cli.processes import file_name

    app = read_app_file(data / "notes-app" / "portway.toml")
    folder = DataFolder.open(data).path / "apps" / file_name(app.key) / "server"
    folder.mkdir(parents=True, exist_ok=True)
    ids = folder / "ids.json"
    ids.write_bytes(orjson.dumps(page_and_author_ids(export)))
    subprocess.run(  # noqa: S603 - our own example, with our own arguments
        [
            *(sys.executable, "-m", "notes_app.seed", "--data", str(folder)),
            *("--ids", str(ids), "--notes", str(NOTES), "--seed", "7"),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def page_and_author_ids(export: Path) -> dict[str, list[str]]:
    """Return the ids of an export's current pages and the keys of their authors, for seeding."""
    from tempfile import TemporaryDirectory

    from portway_assistant.exports.package import ExportPackage
    from portway_assistant.exports.work_store import open_work_store

    with (
        TemporaryDirectory() as folder,
        open_work_store(ExportPackage.open(export), Path(folder)) as store,
    ):
        pages = [page for space in store.spaces() for page in store.pages(space.id)]
    authors = sorted({page.creator_key for page in pages if page.creator_key})
    return {"pages": [page.id for page in pages], "authors": authors}


def summary(report: "Report", report_path: Path, data: Path) -> list[str]:
    """Return the closing lines: what moved, what did not and why, and where to look."""
    from portway_assistant.reports.report import KIND_NAMES, name_count
    from portway_assistant.reports.writing import STATUS_WORDS

    moved = []
    for kind in KIND_NAMES:
        arrived = sum(
            count
            for outcome, count in report.counts.get(kind, {}).items()
            if outcome in {"created", "merged", "updated", "unchanged"}
        )
        if arrived:
            moved.append(f"{arrived} {name_count(kind, arrived)}")
    lines = [
        "",
        STATUS_WORDS[report.run.status],
        "",
        f"Moved        {', '.join(moved) or 'nothing'}",
    ]
    label = "Not moved"
    for group in report.not_moved:
        lines.append(f"{label:<12} {group.count} {group.what}: {group.reason}")
        label = ""
    for app in report.apps:
        text = f"{app.app_key}: {app.status.lower()}"
        lines.append(f"App          {text}{', ' + app.message if app.message else ''}")
    if report.proof is not None:
        verdict = "complete" if report.proof.complete else "NOT complete"
        lines.append(
            f"Proof        {verdict}: {sum(report.proof.same.values())} items the same on both"
            f" sides, {report.proof.explained} differences explained,"
            f" {report.proof.unexplained} unexplained"
        )
    lines.append(f"Took         {report.seconds:.1f} s")
    lines.append(f"Report       {report_path}")
    lines += [f"Receipt      {receipt.path}" for receipt in report.receipts]
    portway = Path(sys.argv[0])
    shown = portway if portway.name == "portway" else "portway"
    lines += ["", "Look at the migrated pages:", f"  {shown} serve --data {data}", ""]
    return lines
