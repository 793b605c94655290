"""Error codes of the platform. `docs/reference/errors.md` is generated from these lists."""

from portway_scopes import RefusalReason
from portway_service.errors import ErrorCode

_ASK_ADMIN = "Ask the admin to read the app's card and agree (`portway consent`, or the assistant)."

REFUSALS: dict[RefusalReason, ErrorCode] = {
    RefusalReason.CONSENT_REQUIRED: ErrorCode(
        "consent_required",
        403,
        "No admin has agreed to migrate the data of {app_key}.",
        "There is no consent record for this app, server and site.",
        _ASK_ADMIN,
    ),
    RefusalReason.CONSENT_WITHDRAWN: ErrorCode(
        "consent_withdrawn",
        403,
        "The agreement to migrate the data of {app_key} was withdrawn.",
        "An admin withdrew the consent record this access relied on.",
        _ASK_ADMIN,
    ),
    RefusalReason.CONSENT_EXPIRED: ErrorCode(
        "consent_expired",
        403,
        "The agreement to migrate the data of {app_key} has expired.",
        "The consent record was given for a limited time, which is over.",
        _ASK_ADMIN,
    ),
    RefusalReason.CONSENT_STALE: ErrorCode(
        "consent_stale",
        403,
        "The agreement to migrate the data of {app_key} covers other terms than today's.",
        "The app's version, scopes, policies or notice changed since the admin agreed.",
        "Ask the admin to look at the changes and agree again.",
    ),
    RefusalReason.TRANSFER_SETTLED: ErrorCode(
        "transfer_settled",
        403,
        "Transfer {transfer_id} has settled.",
        "A settled transfer gives no more access, whatever its outcome.",
        "Stop using this transfer. A re-run makes a new one.",
    ),
    RefusalReason.NAMESPACE_UNKNOWN: ErrorCode(
        "namespace_unknown",
        400,
        "{namespace} is no mapping namespace.",
        "Namespaces begin with identity:, confluence: or jira; the spelling matters.",
        "Use a namespace of docs/reference/connect-api.md#mappings.",
    ),
    RefusalReason.DATA_CLASS_UNKNOWN: ErrorCode(
        "data_class_unknown",
        400,
        "{data_class} is no data class.",
        "An upload may name one of the eight data scopes as its class.",
        "Use a data scope such as APP_DATA_UGC, or name no class.",
    ),
    RefusalReason.SCOPE_NOT_DECLARED: ErrorCode(
        "scope_not_declared",
        403,
        "{app_key} does not declare the scope this needs: {missing}.",
        "The app's published manifest does not list it, so no admin was ever asked.",
        "Declare the scope in the manifest, publish a new version, then ask the admin to agree.",
    ),
    RefusalReason.SCOPE_NOT_OF_TRANSFER: ErrorCode(
        "scope_not_of_transfer",
        403,
        "Transfer {transfer_id} was declared without the scope this needs: {missing}.",
        "The app has several transfers, and each has only the scopes its definition names.",
        "Name the scope in the transfer's definition, or do this in another transfer.",
    ),
    RefusalReason.SCOPE_NOT_GRANTED: ErrorCode(
        "scope_not_granted",
        403,
        "The admin's agreement does not cover the scope this needs: {missing}.",
        "The app declares the scope, but the admin refused it.",
        "Do without it, or ask the admin to grant it.",
    ),
}

TRANSFER_UNKNOWN = ErrorCode(
    "transfer_unknown",
    403,
    "There is no transfer {transfer_id} for you.",
    "The id is wrong, or the transfer belongs to another app, site or server.",
    "Use the transferId of an event or of `transfer/recent`.",
)
APP_DATA_UNKNOWN = ErrorCode(
    "app_data_unknown",
    404,
    "There is no app data {key} for you.",
    "The key is wrong, or the file belongs to a transfer of another app, site or server.",
    "Use a key of an `app-data-uploaded` event, of the list, or of your own upload.",
)
APP_DATA_DAMAGED = ErrorCode(
    "app_data_damaged",
    500,
    "The stored bytes of {key} are not those that were uploaded.",
    "The disk or the object store lost or changed some of them.",
    "Restore the file from a backup, or run the transfer again.",
)
KEY_DESTROYED = ErrorCode(
    "key_destroyed",
    410,
    "The stored data of transfer {transfer_id} is gone.",
    "Its key was destroyed: the agreement was withdrawn, or the transfer settled long ago.",
    "Run the transfer again; its files are uploaded anew.",
)
KEY_UNAVAILABLE = ErrorCode(
    "key_unavailable",
    503,
    "The key of the stored data of transfer {transfer_id} cannot be opened.",
    "Portway was started with another master key than the one that wrapped it.",
    "Start it with the former key: the file master.key of its keys folder, or PORTWAY_MASTER_KEY.",
)

MESSAGE_UNKNOWN = ErrorCode(
    "message_unknown",
    404,
    "There is no message {message_id} in this transfer.",
    "The id is wrong, or the event belongs to another transfer.",
    "Acknowledge with the messageId and the transferId of one event. Nothing was noted.",
)
LOG_FULL = ErrorCode(
    "log_full",
    422,
    "The log of this transfer holds {limit} messages already.",
    "An app writes milestones for the admin, not every item.",
    "Write fewer messages; details belong in the app's own log.",
)
FORGE_APP_MISSING = ErrorCode(
    "forge_app_missing",
    422,
    "The manifest of {app_key} names no Forge app.",
    "Its current version has no `forge` part, so nobody knows where its remote is.",
    "Publish a version whose manifest has `forge` with `app_id` and `environments`.",
)
FORGE_APP_OTHER = ErrorCode(
    "forge_app_other",
    422,
    "The listener of {app_key} moves data to Forge app {declared}, but here it is {present}.",
    "The Forge app id of the listener is not that of the app in the catalogue or on the site.",
    "Correct the listener's Forge app id, or publish and install the app it means.",
)
FORGE_ENVIRONMENT_UNKNOWN = ErrorCode(
    "forge_environment_unknown",
    422,
    "The Forge app of {app_key} has no environment {environment}; it has {known}.",
    "The name is wrong, or the manifest does not list this environment.",
    "Use a listed name, or publish a version that lists this one.",
)
FORGE_ENVIRONMENT_CASE = ErrorCode(
    "forge_environment_case",
    422,
    "The Forge app of {app_key} has no environment {environment}, but it has {twin}.",
    "Environment names are lower case; events for another spelling would go nowhere.",
    "Write `{twin}` in the listener.",
)
FORGE_ENVIRONMENT_NOT_INSTALLED = ErrorCode(
    "forge_environment_not_installed",
    409,
    "Environment {environment} of {app_key} is not on the site; installed: {installed}.",
    "The listener moves data to an environment of the Forge app that is not installed there.",
    "Install it with `PUT /admin/v1/sites/{siteKey}/forge-installations/{appKey}/"
    "{environment}`, or change the environment in the listener.",
)
LISTENER_NOT_FORGE = ErrorCode(
    "listener_not_forge",
    409,
    "{app_key} is on the site as a Forge app, but its listener names none.",
    "A listener without a Forge app id moves data to a Connect app, which is not installed.",
    "Give the listener the Forge app id and the environment, or install the Connect app.",
)
PRELOAD_UNSUPPORTED = ErrorCode(
    "preload_unsupported",
    409,
    "The listener of {app_key} cannot send files ahead of the migration.",
    "It declares no preload.",
    "Migrate the app as usual; or ask the vendor for a version that can preload.",
)
TRANSFER_NAME_UNKNOWN = ErrorCode(
    "transfer_name_unknown",
    404,
    "The listener of {app_key} declares no transfer {name}; it declares {known}.",
    "The name is wrong, or the listener's version does not have this transfer.",
    "Use a declared name, or start all of them by naming none.",
)
CANCELLATION_TOO_EARLY = ErrorCode(
    "cancellation_too_early",
    409,
    "Transfer {transfer_id} can be cancelled from {earliest} on.",
    "A transfer is left alone for its first half hour.",
    "Cancel it then, or add `?atOnce=true` to cancel it as support would.",
)

DELIVERY_UNKNOWN = ErrorCode(
    "delivery_unknown",
    404,
    "There is no delivery {delivery_id}.",
    "The id is wrong.",
    "Take it from `GET /admin/v1/deliveries`, or from the events of a transfer.",
)
ENDPOINT_UNKNOWN = ErrorCode(
    "endpoint_unknown",
    404,
    "This app has no endpoint {endpoint_id} that ever failed.",
    "The id is wrong, or belongs to another app or site.",
    "Take it from the app's `endpoints`, or from the notice.",
)
NOTICE_UNKNOWN = ErrorCode(
    "notice_unknown",
    404,
    "There is no notice {notice_id}.",
    "The id is wrong.",
    "Take it from `GET /admin/v1/notices`.",
)

SITE_UNKNOWN = ErrorCode(
    "site_unknown",
    404,
    "There is no site {key}.",
    "The key is wrong, or the site was never made here.",
    "Make it with `PUT /admin/v1/sites/{siteKey}`, or correct the key.",
)
SERVER_UNKNOWN = ErrorCode(
    "server_unknown",
    404,
    "There is no server {key}.",
    "The key is wrong, or the server was never made here.",
    "Make it with `PUT /admin/v1/servers/{serverKey}`, or correct the key.",
)
PRODUCT_FIXED = ErrorCode(
    "product_fixed",
    409,
    "{key} is a {present} {kind}; it cannot become {wanted}.",
    "Addresses and mappings depend on the product, so it stays what it was made as.",
    "Use another key for the other product.",
)
APP_UNKNOWN = ErrorCode(
    "app_unknown",
    404,
    "There is no app {key} in the catalogue.",
    "The key is wrong, or no version of the app was published here.",
    "Publish its manifest (`portway app publish`), or correct the key.",
)
VERSION_PUBLISHED = ErrorCode(
    "version_published",
    409,
    "Version {version} of {key} was published with other content.",
    "Admins agreed to what a version says, so a published version never changes.",
    "Publish the change under a new version number.",
)
INSTALLATION_UNKNOWN = ErrorCode(
    "installation_unknown",
    404,
    "{key} is not installed on site {site}.",
    "The app was never installed there, or has been uninstalled.",
    "Install it with `PUT /admin/v1/sites/{siteKey}/installations/{appKey}`.",
)
DESCRIPTOR_UNREACHABLE = ErrorCode(
    "descriptor_unreachable",
    502,
    "The app's descriptor cannot be fetched: {problem}.",
    "The cloud app is not running, or its address is wrong.",
    "Start the cloud app and open the descriptor's address in a browser, then try again.",
)
DESCRIPTOR_INVALID = ErrorCode(
    "descriptor_invalid",
    422,
    "The app's descriptor cannot be used: {summary}.",
    "The descriptor does not keep to what docs/reference/connect-api.md asks for.",
    "Ask the vendor to correct what `details` lists.",
)
APP_DID_NOT_ACCEPT = ErrorCode(
    "app_did_not_accept",
    502,
    "The app did not accept the lifecycle call `{event}`: {problem}.",
    "The cloud app answered with an error, or not in time.",
    "Look at the cloud app's log, then install it again: the call is repeated.",
)
INSTALLATION_BUSY = ErrorCode(
    "installation_busy",
    409,
    "{key} is being installed on site {site} by another call.",
    "Two installations of the same app met.",
    "Wait a moment, then send it again.",
)
TRANSFERS_RUNNING = ErrorCode(
    "transfers_running",
    409,
    "Transfers of {key} are under way on site {site}: {count}.",
    "Without the installation they could not end properly.",
    "Wait until they settle, or cancel them, then uninstall.",
)
CONSENT_UNKNOWN = ErrorCode(
    "consent_unknown",
    404,
    "There is no consent record {record_id}.",
    "The id is wrong.",
    "Use a `recordId` of `GET /admin/v1/consents`.",
)
CONSENT_TERMS_CHANGED = ErrorCode(
    "consent_terms_changed",
    409,
    "The terms of {key} are not the ones sent: {changed}.",
    "The vendor published a change after the card was read.",
    "Read the card again, then agree to what it says now.",
)
CONSENT_NOT_ASKED = ErrorCode(
    "consent_not_asked",
    409,
    "There is nothing to agree to for {key}: {message}",
    "Only an app with an automated path, in a version that has it, needs an agreement.",
    "Read `nextStep` of the card; a path the vendor publishes later is asked about then.",
)
SCOPE_NOT_OFFERED = ErrorCode(
    "scope_not_offered",
    422,
    "The card of {key} does not offer: {scopes}.",
    "An agreement covers at most what the app declares.",
    "Agree to scopes of the card only.",
)
CONSENT_SUPERSEDED = ErrorCode(
    "consent_superseded",
    409,
    "Consent record {record_id} was replaced by a newer one.",
    "An older record opens nothing any more, so there is nothing to withdraw from it.",
    "Withdraw the newest record of the app, server and site.",
)
MIGRATION_UNKNOWN = ErrorCode(
    "migration_unknown",
    404,
    "There is no migration {migration_id}.",
    "The id is wrong.",
    "Use the `migrationId` that `POST /admin/v1/migrations` answered.",
)
LINE_INVALID = ErrorCode(
    "line_invalid",
    400,
    "Line {line} cannot be read: {problem}. Nothing of the request was kept.",
    "Each line is one JSON object with the fields of the reference.",
    "Correct the line, then send all of it again.",
)
IDEMPOTENCY_KEY_REUSED = ErrorCode(
    "idempotency_key_reused",
    422,
    "The Idempotency-Key was used for another request.",
    "A key stands for one request; the same key with other content is taken for a mistake.",
    "Use a fresh key for each thing you create, and the same one only to repeat it.",
)

# Transfers

TRANSFER_NOT_FOUND = ErrorCode(
    "transfer_not_found",
    404,
    "There is no transfer {transfer_id}.",
    "The id is wrong.",
    "Use a `transferId` of `GET /admin/v1/migrations/{migrationId}/transfers`.",
)
APP_NOT_INSTALLED = ErrorCode(
    "app_not_installed",
    409,
    "{app_key} is not installed on the migration's site.",
    "A transfer needs a cloud app that takes the data.",
    "Install it with `PUT /admin/v1/sites/{siteKey}/installations/{appKey}`, then start again.",
)
LISTENER_MISSING = ErrorCode(
    "listener_missing",
    409,
    "No listener of {app_key} is enrolled on the server.",
    "The server app has never met Portway, so nobody can be asked for its data.",
    "Make an enrolment token (`portway app enrol`) and start the server app's listener with it.",
)
CORE_NOT_DONE = ErrorCode(
    "core_not_done",
    409,
    "Core migration is {status}; apps follow once it is FINISHED or INCOMPLETE.",
    "Apps look up what spaces and pages became, which is not known before.",
    "Wait for the core migration, or repeat it when it failed, then start again.",
)
TRANSFER_NOT_RUNNING = ErrorCode(
    "transfer_not_running",
    409,
    "Transfer {transfer_id} has settled as {status}; there is nothing to cancel.",
    "It ended before the cancellation came.",
    "Nothing to do.",
)
TRANSFER_PRESENT = ErrorCode(
    "transfer_present",
    409,
    "Transfer {transfer_id} of {app_key} is under way or succeeded in this migration.",
    "A second one beside it would bring the same data twice.",
    "Follow the transfer named here.",
)
RERUN_IMPOSSIBLE = ErrorCode(
    "rerun_impossible",
    409,
    "Transfer {transfer_id} cannot be run again: {problem}.",
    "Only a transfer that ended FAILED or INCOMPLETE is run again, for 12 days.",
    "Start a new transfer with `POST /admin/v1/migrations/{migrationId}/transfers`.",
)

PERCENT_LOWERED = ErrorCode(
    "percent_lowered",
    409,
    "Transfer {transfer_id} has reported a higher percent before; the report was ignored.",
    "Progress never goes back, and this site's dialect says so.",
    "Report at least the percent reported last.",
)
NO_JIRA_SITE = ErrorCode(
    "no_jira_site",
    409,
    "{key} is no Jira site.",
    "Only sites that were made with the product JIRA hold issues, fields and workflow rules.",
    "Name a site of the product JIRA, or make one.",
)
ENTITY_TYPE_UNKNOWN = ErrorCode(
    "entity_type_unknown",
    400,
    "There are no properties of {entity_type}.",
    "The path names an entity type that the contract does not have; the spelling matters.",
    "Use one of docs/reference/connect-api.md#jira, such as IssueProperty.",
)
TRANSFER_ID_MISSING = ErrorCode(
    "transfer_id_missing",
    400,
    "The header `{header}` names no transfer.",
    "This address has the transfer it is called for in a header.",
    "Send the `transferId` of an event in `{header}`.",
)
RATE_LIMITED = ErrorCode(
    "rate_limited",
    429,
    "App migration API rate limit exceeded.",
    "The app sends this site more requests than one app may, or all apps of the site together do.",
    "Wait as long as `Retry-After` says, then go on more slowly.",
)
CONNECT_APPS_ONLY = ErrorCode(
    "connect_apps_only",
    403,
    "This API is for Connect apps.",
    "The request carries a bearer token, as Forge apps and OAuth clients send it.",
    "Sign it with the installation's shared secret, or use the Forge API.",
)

# Listeners

ENROLMENT_UNKNOWN = ErrorCode(
    "enrolment_unknown",
    401,
    "The enrolment token is not known here, or has expired.",
    "It was mistyped, belongs to another Portway, or was never used in its time.",
    "Ask the admin for a new one (`portway app enrol`).",
)
ENROLMENT_USED = ErrorCode(
    "enrolment_used",
    409,
    "The enrolment token was used with another key.",
    "A token enrols one listener. If it was not yours that used it, somebody else has it.",
    "Ask the admin for a new token (`portway app enrol`); it replaces the listener's key.",
)
ENROLMENT_FOR_OTHER_APP = ErrorCode(
    "enrolment_for_other_app",
    409,
    "The enrolment is for {server_app_key} moving to {app_key}, not for what is declared.",
    "The listener declares other app keys than the catalogue and the token say.",
    "Correct `server_app_key` and `cloud_app_key` of the listener, or ask for another token.",
)
LISTENER_KEY_TAKEN = ErrorCode(
    "listener_key_taken",
    409,
    "The public key belongs to another listener.",
    "Two listeners were started with the same key file.",
    "Give each listener a key file of its own.",
)
SCOPE_NOT_IN_CATALOGUE = ErrorCode(
    "scope_not_in_catalogue",
    403,
    "Version {version} of {app_key} does not list: {scopes}.",
    "A listener may declare only scopes that the published manifest asks the admin for.",
    "Declare fewer scopes, or publish a new version of the manifest that lists them.",
)
WORK_LEASE_LOST = ErrorCode(
    "work_lease_lost",
    409,
    "Work {work_id} is no longer held by this listener.",
    "No heartbeat came in time, so the work was handed out again or counts as failed.",
    "Stop working on it and ask for work again.",
)
CHECK_RUN_UNKNOWN = ErrorCode(
    "check_run_unknown",
    404,
    "There is no check run {check_run_id}.",
    "The id is wrong.",
    "Use the `checkRunId` that `POST /admin/v1/apps/{appKey}/check-runs` answered.",
)

# App data

TUS_VERSION_UNSUPPORTED = ErrorCode(
    "tus_version_unsupported",
    412,
    "Resumable uploads speak tus {version}.",
    "The header `Tus-Resumable` is missing or names another version.",
    "Send `Tus-Resumable: 1.0.0`.",
)
UPLOAD_TYPE_UNSUPPORTED = ErrorCode(
    "upload_type_unsupported",
    415,
    "A piece of an upload has the content type {media_type}.",
    "Another content type may mean another request.",
    "Send `Content-Type: application/offset+octet-stream`.",
)
UPLOAD_OFFSET_MISMATCH = ErrorCode(
    "upload_offset_mismatch",
    409,
    "The upload goes on at byte {offset}.",
    "The piece begins elsewhere: an earlier answer may have been lost.",
    "Ask for the offset with HEAD and send from there.",
)
CHECKSUM_MISMATCH = ErrorCode(
    "checksum_mismatch",
    460,
    "The piece arrived with another content than its checksum says.",
    "It was damaged on its way. Nothing of it was kept.",
    "Send the piece again.",
)
CHECKSUM_UNSUPPORTED = ErrorCode(
    "checksum_unsupported",
    400,
    "Checksums are taken by {algorithms}.",
    "`Upload-Checksum` names another algorithm.",
    "Use one of those that OPTIONS lists.",
)
DIGEST_MISMATCH = ErrorCode(
    "digest_mismatch",
    422,
    "The file arrived with another content than its digest says.",
    "It was damaged on its way, or changed while it was sent. Nothing of this request was kept.",
    "Send it again.",
)
UPLOAD_INTERRUPTED = ErrorCode(
    "upload_interrupted",
    400,
    "The body ended before it was complete.",
    "The connection broke, or was silent for too long.",
    "Ask for the offset with HEAD and go on from there; a single PUT starts anew.",
)
UPLOAD_TOO_LARGE = ErrorCode(
    "upload_too_large",
    413,
    "The upload holds more than {limit_bytes} bytes.",
    "It is longer than it was announced, or than uploads may be here.",
    "Split the data into several uploads, or correct the announced length.",
)
UPLOAD_LENGTH_INVALID = ErrorCode(
    "upload_length_invalid",
    400,
    "The announced length does not fit: {problem}.",
    "The length of an upload is set once.",
    "Send the length the upload was created with.",
)
UPLOAD_BUSY = ErrorCode(
    "upload_busy",
    423,
    "Another request is sending this upload at the moment.",
    "An earlier request, perhaps of a connection that is gone, has not ended yet.",
    "Wait as `Retry-After` says, ask for the offset with HEAD and go on from there.",
)
UPLOAD_COMPLETE = ErrorCode(
    "upload_complete",
    409,
    "Upload {key} is complete and cannot be withdrawn.",
    "Its event was written when it was stored, and the cloud app may have fetched it.",
    "Upload a correction under another label.",
)
ADDRESS_INVALID = ErrorCode(
    "address_invalid",
    403,
    "The download address is not one Portway gave out.",
    "It was shortened or changed.",
    "Ask for a fresh address with `GET data/{s3Key}`.",
)
ADDRESS_EXPIRED = ErrorCode(
    "address_expired",
    403,
    "The download address has expired.",
    "An address is good for one hour.",
    "Ask for a fresh address with `GET data/{s3Key}`.",
)
RANGE_OUTSIDE = ErrorCode(
    "range_outside",
    416,
    "The range lies outside the file, which has {size_bytes} bytes.",
    "The file is shorter than the one you began to download.",
    "Ask for a range inside it, or for all of it.",
)
LEDGER_ENTRY_UNKNOWN = ErrorCode(
    "ledger_entry_unknown",
    404,
    "The ledger has no entry {index}.",
    "Entries are counted from 0; the checkpoint says how many there are.",
    "Look at `GET /admin/v1/ledger/checkpoint`, or list entries with `GET /admin/v1/ledger`.",
)
SHEET_INVALID = ErrorCode(
    "sheet_invalid",
    400,
    "The sheet has {count} faults; the first: {first}.",
    "A line, a decision or a column is not as the sheet needs it. Nothing was taken.",
    "Mend the lines named in `details`, or download the sheet again and change its decisions.",
)

CODES = (
    *REFUSALS.values(),
    TRANSFER_UNKNOWN,
    APP_DATA_UNKNOWN,
    APP_DATA_DAMAGED,
    KEY_DESTROYED,
    KEY_UNAVAILABLE,
    DELIVERY_UNKNOWN,
    ENDPOINT_UNKNOWN,
    NOTICE_UNKNOWN,
    MESSAGE_UNKNOWN,
    LOG_FULL,
    FORGE_APP_MISSING,
    FORGE_APP_OTHER,
    FORGE_ENVIRONMENT_UNKNOWN,
    FORGE_ENVIRONMENT_CASE,
    FORGE_ENVIRONMENT_NOT_INSTALLED,
    LISTENER_NOT_FORGE,
    PRELOAD_UNSUPPORTED,
    TRANSFER_NAME_UNKNOWN,
    CANCELLATION_TOO_EARLY,
    SITE_UNKNOWN,
    SERVER_UNKNOWN,
    PRODUCT_FIXED,
    APP_UNKNOWN,
    VERSION_PUBLISHED,
    INSTALLATION_UNKNOWN,
    DESCRIPTOR_UNREACHABLE,
    DESCRIPTOR_INVALID,
    APP_DID_NOT_ACCEPT,
    INSTALLATION_BUSY,
    TRANSFERS_RUNNING,
    CONSENT_UNKNOWN,
    CONSENT_TERMS_CHANGED,
    CONSENT_NOT_ASKED,
    SCOPE_NOT_OFFERED,
    CONSENT_SUPERSEDED,
    MIGRATION_UNKNOWN,
    LINE_INVALID,
    IDEMPOTENCY_KEY_REUSED,
    TRANSFER_NOT_FOUND,
    APP_NOT_INSTALLED,
    LISTENER_MISSING,
    CORE_NOT_DONE,
    TRANSFER_NOT_RUNNING,
    TRANSFER_PRESENT,
    RERUN_IMPOSSIBLE,
    PERCENT_LOWERED,
    NO_JIRA_SITE,
    ENTITY_TYPE_UNKNOWN,
    TRANSFER_ID_MISSING,
    RATE_LIMITED,
    CONNECT_APPS_ONLY,
    ENROLMENT_UNKNOWN,
    ENROLMENT_USED,
    ENROLMENT_FOR_OTHER_APP,
    LISTENER_KEY_TAKEN,
    SCOPE_NOT_IN_CATALOGUE,
    WORK_LEASE_LOST,
    CHECK_RUN_UNKNOWN,
    TUS_VERSION_UNSUPPORTED,
    UPLOAD_TYPE_UNSUPPORTED,
    UPLOAD_OFFSET_MISMATCH,
    CHECKSUM_MISMATCH,
    CHECKSUM_UNSUPPORTED,
    DIGEST_MISMATCH,
    UPLOAD_INTERRUPTED,
    UPLOAD_TOO_LARGE,
    UPLOAD_LENGTH_INVALID,
    UPLOAD_BUSY,
    UPLOAD_COMPLETE,
    ADDRESS_INVALID,
    ADDRESS_EXPIRED,
    RANGE_OUTSIDE,
    LEDGER_ENTRY_UNKNOWN,
    SHEET_INVALID,
)
