"""Every way the assistant refuses, as data.

`portway explain CODE` and the table in docs/reference/errors.md read `CODES`.
"""

from portway_service.errors import ErrorCode

EXPORT_NOT_FOUND = ErrorCode(
    "export_not_found",
    404,
    "There is no export at {path}.",
    "The path names neither a file nor a folder on this machine.",
    "Check the path; it is read on the machine that runs the assistant.",
)
EXPORT_UNREADABLE = ErrorCode(
    "export_unreadable",
    422,
    "{path} cannot be read: {problem}.",
    "The operating system refused the read, or the disk gave an error.",
    "Give the assistant's user read access to the file, or copy it to a healthy disk.",
)
EXPORT_NOT_A_ZIP = ErrorCode(
    "export_not_a_zip",
    422,
    "{path} is not a ZIP file.",
    "A Confluence XML export is a ZIP package; this file does not start like one.",
    "Hand in the .zip as Confluence offered it for download, or the folder it unpacks to.",
)
EXPORT_TRUNCATED = ErrorCode(
    "export_truncated",
    422,
    "{path} ends before its table of contents.",
    "The file starts like a ZIP package and stops early, as an interrupted download or copy does.",
    "Download or copy the export again and compare the sizes.",
)
EXPORT_CORRUPT = ErrorCode(
    "export_corrupt",
    422,
    "{path} is damaged: {problem}.",
    "The ZIP package contradicts itself or one of its checksums.",
    "Copy the export again; if the source's own copy is damaged too, export once more.",
)
EXPORT_COMPRESSION_UNSUPPORTED = ErrorCode(
    "export_compression_unsupported",
    422,
    "{path} packs {entry} with compression method {method}.",
    "Confluence writes stored or deflated entries; another tool has packed this file anew.",
    "Hand in the original export, or pack it again with plain deflate.",
)
EXPORT_ENCRYPTED = ErrorCode(
    "export_encrypted",
    422,
    "{path} is encrypted ({entry}).",
    "The package was locked with a password after Confluence wrote it.",
    "Unlock it with the tool that locked it and hand in the plain ZIP.",
)
EXPORT_UNSAFE_PATH = ErrorCode(
    "export_unsafe_path",
    422,
    "{path} holds an entry that points outside the package: {entry}.",
    "An absolute path or one with '..' never comes from Confluence; it may be an attack.",
    "Do not use this file. Ask where it comes from and export again.",
)
EXPORT_HAS_LINKS = ErrorCode(
    "export_has_links",
    422,
    "{path} holds a link or special file: {entry}.",
    "Confluence writes plain files only; a link could make the reader read other files.",
    "Pack the export again without links, or hand in the original ZIP.",
)
EXPORT_TOO_LARGE = ErrorCode(
    "export_too_large",
    422,
    "{path} exceeds a limit: {limit} is {found}, allowed is {allowed}.",
    "The package would unpack to far more than real exports do (a ZIP bomb), or the limit is low.",
    "If you trust the file, raise the named limit and run again.",
)
EXPORT_IS_CSV = ErrorCode(
    "export_is_csv",
    422,
    "{path} is a CSV export.",
    "Confluence Cloud also exports tables of CSV, which lack what a migration needs.",
    "Export the space again and choose XML.",
)
EXPORT_WITHOUT_ENTITIES = ErrorCode(
    "export_without_entities",
    422,
    "{path} holds no entities.xml.",
    "Every Confluence XML export has this file at its top; HTML, PDF and Word exports have none.",
    "Export the space or site again and choose XML.",
)
EXPORT_NOT_CONFLUENCE = ErrorCode(
    "export_not_confluence",
    422,
    "entities.xml in {path} starts with <{root}>, not <hibernate-generic>.",
    "The file was not written by Confluence; a Jira backup also holds an entities.xml.",
    "Hand in a Confluence space or site export.",
)
EXPORT_HAS_DTD = ErrorCode(
    "export_has_dtd",
    422,
    "entities.xml in {path} declares a document type or entities (line {line}).",
    "Confluence never writes a DTD; entity declarations can make a reader leak files or run dry.",
    "Do not use this file. Ask where it comes from and export again.",
)
EXPORT_MALFORMED = ErrorCode(
    "export_malformed",
    422,
    "entities.xml in {path} is not well-formed at byte {offset} (line {line}): {problem}.",
    "The file is cut short or was edited by hand; this damage cannot be repaired safely.",
    "Export again. If the damage persists, look at the named byte and mend the file there.",
)
EXPORT_TOO_DAMAGED = ErrorCode(
    "export_too_damaged",
    422,
    "entities.xml in {path} has more than {allowed} spots that XML forbids.",
    "A file with this many forbidden characters is not text; it was damaged or is no export.",
    "Export again, or raise the limit max_repairs if the file is known to be good.",
)
EXPORT_OUTSIDE_LIMITS = ErrorCode(
    "export_outside_limits",
    422,
    "entities.xml in {path} exceeds {limit} ({allowed}) near byte {offset}.",
    "One element is nested deeper or is larger than Confluence writes.",
    "If you trust the file, raise the named limit and run again.",
)
EXPORT_FILE_MISSING = ErrorCode(
    "export_file_missing",
    404,
    "{path} holds no file {entry}.",
    "The export was made without attachments, or the file was lost at the source.",
    "Export again with attachments, or leave this attachment out.",
)
WORK_STORE_UNWRITABLE = ErrorCode(
    "work_store_unwritable",
    507,
    "The work store in {folder} cannot be written: {problem}.",
    "The disk is full, read-only or not accessible to the assistant's user.",
    "Free space (about the size of entities.xml is needed) or choose another work folder.",
)
PEOPLE_CSV_INVALID = ErrorCode(
    "people_csv_invalid",
    422,
    "{path} has {count} faults: {faults}",
    "The file must be UTF-8 text with the columns userkey or username, email, and optionally name.",
    "Correct the named rows and hand the file in again; nothing was taken from it.",
)

SPACE_NOT_IN_EXPORT = ErrorCode(
    "space_not_in_export",
    422,
    "The export holds no space {missing}. It holds: {available}.",
    "A key given with --space is not in this export; letter case does not matter.",
    "Give keys of spaces it holds, or none to take all.",
)
NO_RUN_YET = ErrorCode(
    "no_run_yet",
    404,
    "Nothing was moved from {server_key} to {site_key} with this data folder yet.",
    "Placeholders come with a migration, whose ledger lies in the data folder.",
    "Give the --data, --server and --site that `portway migrate` was run with.",
)
PERSON_AMBIGUOUS = ErrorCode(
    "person_ambiguous",
    409,
    "Several placeholders are called {name}: {keys}.",
    "Names are not unique; keys are.",
    "Name the one you mean by its key, as `portway people list --placeholders` shows it.",
)
EMAIL_DOMAINS_UNTRUSTED = ErrorCode(
    "email_domains_untrusted",
    409,
    "The run was refused: not every e-mail domain is trusted.",
    "`--undecided-domains stop` lets nothing move while a domain of the people is not trusted.",
    "Look at them with `portway domains list EXPORT` and trust them with `portway domains trust`.",
)
EMAILS_INVALID = ErrorCode(
    "emails_invalid",
    409,
    "The run was refused: some people have no valid e-mail address.",
    "`--invalid-emails stop` lets nothing move while one is missing or malformed.",
    "See them with `portway people preview EXPORT`; correct them there, or by --people.",
)
EMAILS_SHARED = ErrorCode(
    "emails_shared",
    409,
    "The run was refused: some people share an e-mail address.",
    "`--duplicate-emails stop` lets nothing move while two people have one address.",
    "See them with `portway people preview EXPORT`; correct them there, or by --people.",
)
GROUPS_CLASH = ErrorCode(
    "groups_clash",
    409,
    "The run was refused: the site has groups of the same name from elsewhere.",
    "`--group-clash stop` lets nothing move while one is there.",
    "Rename one of the two, or choose `--group-clash skip` or `merge`.",
)
GENERATED_DOMAIN_NEEDED = ErrorCode(
    "generated_domain_needed",
    422,
    "Made-up addresses need a domain, and {given} is none.",
    "`generate` was chosen for people without a usable address.",
    "Give a domain of your own by --generated-domain, such as people.example.com.",
)
RUN_UNKNOWN = ErrorCode(
    "run_unknown",
    404,
    "There is no run {run_id}.",
    "The id is wrong, or the run was made with another data folder.",
    "List the runs with GET /assistant/v1/runs.",
)
REPORT_NOT_MADE = ErrorCode(
    "report_not_made",
    404,
    "Run {run_id} has no such report.",
    "The run is still going on, or the report is asked for in a form there is none of.",
    "Wait for the run to end; reports are report.json, report.html and report.txt.",
)

PLAN_UNKNOWN = ErrorCode(
    "plan_unknown",
    404,
    "There is no plan {plan}.",
    "The name or id is wrong, the plan was deleted, or it lies in another data folder.",
    "List the plans with `portway plan list --all`.",
)
PLAN_AMBIGUOUS = ErrorCode(
    "plan_ambiguous",
    409,
    "{count} plans are called {plan}.",
    "Names of plans may repeat.",
    "Say which one by its id, or the first characters of it; `portway plan list` shows them.",
)
PLAN_RUNNING = ErrorCode(
    "plan_running",
    409,
    "The plan {plan} is being run.",
    "What a run works from must not change under it.",
    "Wait for it to end, or stop it with `portway plan stop`.",
)
PLAN_NOT_RUNNING = ErrorCode(
    "plan_not_running",
    409,
    "The plan {plan} is not being run.",
    "Its run ended, or was never started from this data folder.",
    "Look at it with `portway plan show`.",
)
PLAN_ARCHIVED = ErrorCode(
    "plan_archived",
    409,
    "The plan {plan} is archived.",
    "Archived plans are kept for their reports and are not run.",
    "Copy it with `portway plan copy`, and run the copy.",
)
EXPORT_CHANGED = ErrorCode(
    "export_changed",
    409,
    "The export {path} is not the one the plan {plan} was made for.",
    "The file was replaced since; running it would move something nobody planned.",
    "Put the old file back, make a plan for this one, or let the plan follow it: `portway plan run"
    " --newer-export`, which moves what changed.",
)
PEOPLE_FILE_CHANGED = ErrorCode(
    "people_file_changed",
    409,
    "The people file {path} is not the one the plan {plan} was made with.",
    "The file was edited or replaced since.",
    "Put the old file back, or take it as it is now: `portway plan run --newer-export`.",
)
RUN_NOT_ENDED = ErrorCode(
    "run_not_ended",
    409,
    "Run {run_id} is not over: it is {status}.",
    "Failed items are sent again once everything else has been tried.",
    "Let it end, or go on with it: `portway plan run`.",
)
NOTHING_TO_RETRY = ErrorCode(
    "nothing_to_retry",
    409,
    "Nothing failed in run {run_id}.",
    "No item failed and every app was moved.",
    "Nothing is to be done. What was left out on purpose is in the report.",
)
NO_RUNNER = ErrorCode(
    "no_runner",
    503,
    "Nobody here carries out runs.",
    "The assistant API lives in a process that does not start others.",
    "Start it with `portway serve`, or run the plan with `portway plan run`.",
)
DATA_IN_USE = ErrorCode(
    "data_in_use",
    409,
    "Another migration is running with the data folder {path}.",
    "Two runs would write the same ledger.",
    "Wait for it to end, stop it with `portway plan stop`, or use another data folder.",
)

CODES: tuple[ErrorCode, ...] = (
    PLAN_UNKNOWN,
    PLAN_AMBIGUOUS,
    PLAN_RUNNING,
    PLAN_NOT_RUNNING,
    PLAN_ARCHIVED,
    EXPORT_CHANGED,
    PEOPLE_FILE_CHANGED,
    RUN_NOT_ENDED,
    NOTHING_TO_RETRY,
    NO_RUNNER,
    DATA_IN_USE,
    SPACE_NOT_IN_EXPORT,
    NO_RUN_YET,
    PERSON_AMBIGUOUS,
    EMAIL_DOMAINS_UNTRUSTED,
    EMAILS_INVALID,
    EMAILS_SHARED,
    GROUPS_CLASH,
    GENERATED_DOMAIN_NEEDED,
    RUN_UNKNOWN,
    REPORT_NOT_MADE,
    EXPORT_NOT_FOUND,
    EXPORT_UNREADABLE,
    EXPORT_NOT_A_ZIP,
    EXPORT_TRUNCATED,
    EXPORT_CORRUPT,
    EXPORT_COMPRESSION_UNSUPPORTED,
    EXPORT_ENCRYPTED,
    EXPORT_UNSAFE_PATH,
    EXPORT_HAS_LINKS,
    EXPORT_TOO_LARGE,
    EXPORT_IS_CSV,
    EXPORT_WITHOUT_ENTITIES,
    EXPORT_NOT_CONFLUENCE,
    EXPORT_HAS_DTD,
    EXPORT_MALFORMED,
    EXPORT_TOO_DAMAGED,
    EXPORT_OUTSIDE_LIMITS,
    EXPORT_FILE_MISSING,
    WORK_STORE_UNWRITABLE,
    PEOPLE_CSV_INVALID,
)
