"""Writes the reference pages that come from the code. A test compares them with the files."""

import json
import secrets
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from portway_assistant.samples.causes import CAUSES
from portway_assistant.samples.damages import NOTED, REFUSED, REPAIRED
from portway_cli.error_codes import all_codes
from portway_platform.app import create_app
from portway_platform.dialect.rules import SWITCHES
from portway_platform.settings import PlatformSettings
from portway_scopes import SCOPE_TEXTS, STATE_TEXTS, AccessScope
from portway_service.database import sqlite_url
from portway_service.item_digest import DIGEST_FIELDS

REFERENCE = Path(__file__).parent / "reference"


def errors_page() -> str:
    """Return `errors.md`: the shape of a refusal, and every code."""
    lines = [
        "# Errors",
        "",
        "Every interface refuses in one shape; `portway explain CODE` says the same offline.",
        "A refusal changes nothing.",
        "",
        "```json",
        '{"code": "consent_required", "message": "…", "cause": "…", "fix": "…",',
        ' "request_id": "…", "docs": "docs/reference/errors.md#consent_required"}',
        "```",
        "",
        "Some codes add `details`: faults by field, or the scopes that are missing.",
        "",
    ]
    for error in all_codes().values():
        lines += [
            f"### {error.code}",
            "",
            f"HTTP {error.status}. {error.message}",
            "",
            f"- Cause: {error.cause}",
            f"- Fix: {error.fix}",
            "",
        ]
    return "\n".join(lines)


def samples_page() -> str:
    """Return `samples.md`: what a sample can be made to hold."""
    lines = [
        "# Samples",
        "",
        "What [`portway sample`](command-line.md#sample) plants on request.",
    ]
    for title, explanation, plants in (
        ("Repaired", "Found as a repair, with its byte.", REPAIRED),
        ("Noted", "Found as a note or as a reason to leave something out.", NOTED),
        ("Refused", "Nothing can be read; the code says why and nothing is written.", REFUSED),
        ("Causes", "What a check before a migration must find.", CAUSES.values()),
    ):
        column = "about" if title == "Causes" else "found as"
        lines += [
            "",
            f"## {title}",
            "",
            explanation,
            "",
            f"| name | what | {column} |",
            "|---|---|---|",
        ]
        lines += [
            f"| `{p.name}` | {p.sentence} | {_found_as(p.found_as, is_code=column != 'about')} |"
            for p in plants
        ]
    return "\n".join([*lines, ""])


def _found_as(text: str, *, is_code: bool) -> str:
    return f"`{text}`" if text and is_code else text


def scopes_page() -> str:
    """Return `access-scopes.md`: each scope as an admin reads it, and the consent states."""
    lines = [
        "# Access scopes and consent states",
        "",
        "## Scopes",
        "",
        "| scope | the admin reads | what it opens |",
        "|---|---|---|",
    ]
    for scope in AccessScope:
        text = SCOPE_TEXTS[scope]
        lines.append(f"| `{scope}` | **{text.title}.** {text.explanation} | {_opens(scope)} |")
    lines += [
        "",
        "## States of an app's agreement",
        "",
        "| state | the admin reads | next step |",
        "|---|---|---|",
    ]
    lines += [
        f"| `{state}` | {text.message} | {text.next_step} |" for state, text in STATE_TEXTS.items()
    ]
    return "\n".join([*lines, ""])


def _opens(scope: AccessScope) -> str:
    if scope is AccessScope.MIGRATION_TRACING_IDENTITY:
        return "mappings `identity:*`"
    if scope is AccessScope.MIGRATION_TRACING_PRODUCT:
        return "mappings `confluence*` and `jira*`"
    return "upload, list and download of app data; uploads of this class"


def proof_page() -> str:
    """Return `proof.md` with the table of fields brought up to date."""
    rows = "".join(
        f"| `{kind}` | {', '.join(f'`{name}`' for name in names)} |\n"
        for kind, names in DIGEST_FIELDS.items()
    )
    return _with_part("proof.md", "digest fields", rows)


def dialect_page() -> str:
    """Return `dialect.md` with the table of switches brought up to date."""
    rows = ["| point | switch | about | values |\n|---|---|---|---|\n"]
    for switch in SWITCHES:
        choices = "; ".join(f"`{value}`: {text}" for value, text in switch.choices.items())
        rows.append(f"| {switch.point} | `{switch.name}` | {switch.question} | {choices} |\n")
    return _with_part("dialect.md", "switches", "".join(rows))


def _with_part(name: str, part: str, text: str) -> str:
    """Return a page with the text between its marks for `part` replaced."""
    page = (REFERENCE / name).read_text(encoding="utf-8")
    before, _, rest = page.partition(f"<!-- {part} -->\n")
    _, _, after = rest.partition("<!-- end -->")
    return f"{before}<!-- {part} -->\n{text}<!-- end -->{after}"


PAGES = {
    "samples.md": samples_page,
    "errors.md": errors_page,
    "access-scopes.md": scopes_page,
    "dialect.md": dialect_page,
    "proof.md": proof_page,
}


def openapi_documents() -> dict[str, dict[str, Any]]:
    """Return the OpenAPI documents of a platform, which are the same for all."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        platform = create_app(
            PlatformSettings(
                database_url=sqlite_url(place / "platform.db"),
                files_url=str(place / "files"),
                keys_folder=place / "keys",
                public_url="https://portway.example",
                admin_token=secrets.token_hex(),
            )
        )
        try:
            client = platform.app.test_client()
            names = ("admin", "gateway", "connect", "forge")
            answers = {name: client.get(f"/openapi/{name}.json") for name in names}
            if faulty := [name for name, answer in answers.items() if answer.status_code != 200]:
                raise SystemExit(f"no OpenAPI document of {', '.join(faulty)}; see the log above")
            return {name: answer.get_json() for name, answer in answers.items()}
        finally:
            platform.close()


def main() -> None:
    """Write every page."""
    for name, make in PAGES.items():
        (REFERENCE / name).write_text(make(), encoding="utf-8")
        sys.stdout.write(f"docs/reference/{name}\n")
    (REFERENCE / "openapi").mkdir(exist_ok=True)
    for name, document in openapi_documents().items():
        text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
        (REFERENCE / "openapi" / f"{name}.json").write_text(text, encoding="utf-8")
        sys.stdout.write(f"docs/reference/openapi/{name}.json\n")


if __name__ == "__main__":
    main()
