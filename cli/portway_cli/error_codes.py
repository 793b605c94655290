"""Error codes of the command line, and the list of every code there is."""

from portway_service.errors import ErrorCode

MANIFEST_UNREADABLE = ErrorCode(
    "manifest_unreadable",
    400,
    "The manifest {path} cannot be read: {problem}.",
    "The file is absent, not UTF-8 or not TOML.",
    "Compare it with docs/reference/app-manifest.md.",
)
MANIFEST_INVALID = ErrorCode(
    "manifest_invalid",
    400,
    "The manifest {path} has {count} faults.",
    "Fields are missing, unknown or of the wrong form.",
    "Correct each fault named; docs/reference/app-manifest.md shows a whole manifest.",
)
NO_ADMIN_TOKEN = ErrorCode(
    "no_admin_token",
    401,
    "No admin token is known for {url}.",
    "The platform runs with another data folder, on another machine or for another user.",
    "Set PORTWAY_ADMIN_TOKEN, or give --token-file: the file admin.token in its data folder.",
)
PLATFORM_NOT_STARTED = ErrorCode(
    "platform_not_started",
    503,
    "{what} did not start: {problem}.",
    "The process ended or did not get ready in time.",
    "Read the log named; the port may be taken, or the folder not writable.",
)
LIST_UNREADABLE = ErrorCode(
    "list_unreadable",
    400,
    "{path} is no list of a dry run (line {line}).",
    "Each line is a JSON object with kind, sourceKey, title and action.",
    "Make the list with `portway migrate --dry-run --list FILE` or `portway plan run --dry-run`.",
)
KEY_INVALID = ErrorCode(
    "key_invalid",
    400,
    "{what} {key!r} is not a key Portway can use.",
    "Keys of sites and servers become parts of addresses.",
    "Use lower-case letters, digits and hyphens, for example acme-wiki.",
)
DATABASE_UNREACHABLE = ErrorCode(
    "database_unreachable",
    503,
    "The database cannot be used: {problem}.",
    "The server is down, the address is wrong, or the database or role does not exist.",
    "Correct DATABASE_URL (postgresql+psycopg://USER@HOST/NAME), and try it with psql.",
)
MASTER_KEY_INVALID = ErrorCode(
    "master_key_invalid",
    400,
    "PORTWAY_MASTER_KEY holds no usable key.",
    "Each key is the base64 of 32 bytes; several are separated by commas, the newest first.",
    "Make one with `openssl rand -base64 32`.",
)

CODES = (
    MANIFEST_UNREADABLE,
    MANIFEST_INVALID,
    NO_ADMIN_TOKEN,
    PLATFORM_NOT_STARTED,
    KEY_INVALID,
    LIST_UNREADABLE,
    DATABASE_UNREACHABLE,
    MASTER_KEY_INVALID,
)


def all_codes() -> dict[str, ErrorCode]:
    """Return every error code of every room, by code, in alphabetical order."""
    from portway_assistant import error_codes as assistant
    from portway_cloud_site import error_codes as cloud_site
    from portway_platform import error_codes as platform
    from portway_service import error_codes as service

    rooms = (service.CODES, platform.CODES, cloud_site.CODES, assistant.CODES, CODES)
    found = {error.code: error for codes in rooms for error in codes}
    return dict(sorted(found.items()))
