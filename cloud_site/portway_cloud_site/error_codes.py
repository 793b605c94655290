"""Error codes only the cloud site answers with."""

from portway_service.errors import ErrorCode

SITE_UNKNOWN = ErrorCode(
    "cloud_site_unknown",
    404,
    "There is no site {site_key} here.",
    "The site key in the address is wrong, or the site was never made.",
    "Compare the key, or make the site with `PUT /sites/{site}/wiki/portway/v1/site`.",
)
APP_MAY_NOT_WRITE = ErrorCode(
    "app_may_not_write",
    403,
    "The app {app_key} may read this site, not change it.",
    "The app's descriptor does not ask for the WRITE scope, or the admin did not grant it.",
    "Declare WRITE in the descriptor's `scopes` and install the app again.",
)
VERSION_CONFLICT = ErrorCode(
    "version_conflict",
    409,
    "The {kind} is at version {current}, so its next version is {expected}, not {sent}.",
    "Somebody changed it since it was read, or the number was not raised.",
    "Read it again, apply the change to what it holds now, and send its version plus one.",
)
BATCH_TOO_LARGE = ErrorCode(
    "batch_too_large",
    413,
    "The batch is larger than {limit}.",
    "One batch is one transaction, and is held in memory while it is decided.",
    "Split it: send fewer items in each request. Nothing of this one was taken.",
)
ITEM_TOO_LARGE = ErrorCode(
    "item_too_large",
    413,
    "The first item of the batch alone is larger than {limit_bytes} bytes.",
    "An item must fit into one batch.",
    "Leave the item out and report it, or start the site with a larger `batch_bytes`.",
)
FILES_MISFRAMED = ErrorCode(
    "files_misframed",
    400,
    "Frame {number} cannot be read: {problem}.",
    "Each frame is one JSON line with `sourceKey` and `sizeBytes`, then exactly that many bytes.",
    "Frame the files again. Nothing of this request was kept.",
)
FILE_DIFFERS = ErrorCode(
    "file_differs",
    422,
    "The bytes are not those of {source_key}: {problem}.",
    "Size or SHA-256 differ from what the item said: another file, or a damaged transmission.",
    "Send the file again; if it differs again, read it anew at its source.",
)
FILE_DAMAGED = ErrorCode(
    "file_damaged",
    500,
    "The stored bytes of attachment {attachment_id} are {problem}.",
    "The files folder lost or changed them after they were stored and checked.",
    "Send the file again through the bulk door, or restore the files folder.",
)
SPACE_KEY_TAKEN = ErrorCode(
    "space_key_taken",
    400,
    "The space key {key} is taken by another space (compared without case).",
    "Space keys are unique in a site.",
    "Rename the key, or skip the space.",
)
TITLE_TAKEN = ErrorCode(
    "title_taken",
    400,
    "Another page of the space has the title {title!r} (compared without case).",
    "The titles of a space's current pages are unique.",
    "Rename one of the two pages.",
)
EMAIL_TAKEN = ErrorCode(
    "email_taken",
    400,
    "The new e-mail address of {source_key} belongs to another account.",
    "An e-mail address is one account, and two accounts are not joined after the fact.",
    "Decide which of the two people has the address, and correct the other at the source.",
)
ACCESS_KEPT = ErrorCode(
    "access_kept",
    409,
    "{source_key} may use the product here already and keeps that.",
    "The person is disabled at the source, or moved without access; access is never taken away.",
    "Take the access away in the site's administration if it is not wanted.",
)
ADDRESS_KEPT = ErrorCode(
    "address_kept",
    409,
    "{source_key} has an account with an e-mail address here and keeps it.",
    "The source gives no usable or trusted address any more; an account is never made nameless.",
    "Deactivate the account in the site's administration if it is not wanted.",
)
PLACEHOLDER_CLAIMED = ErrorCode(
    "placeholder_claimed",
    409,
    "{source_key} was a placeholder that somebody claimed here; the claim stands.",
    "An admin said who it is, so what the source says of it counts no more.",
    "Nothing is to be done. Groups and permissions are given over only when the claim asks for it.",
)
PLACEHOLDER_UNKNOWN = ErrorCode(
    "placeholder_unknown",
    404,
    "Nobody came from this source under {source_key}.",
    "The key is mistyped, or the migration has not brought this person yet.",
    "List those there are with `portway people list --placeholders`.",
)
NOT_A_PLACEHOLDER = ErrorCode(
    "not_a_placeholder",
    409,
    "{source_key} is a real account already.",
    "Only placeholders can be claimed.",
    "Leave it, or change the account in the site's administration.",
)
PLACEHOLDER_TAKEN = ErrorCode(
    "placeholder_taken",
    409,
    "{source_key} was claimed already, for {email}.",
    "A claim says who wrote what, so it is made once.",
    "If the first claim was wrong, change the account's address in the site's administration.",
)
IDENTITY_CHANGED = ErrorCode(
    "identity_changed",
    400,
    "{source_key} was joined with an account, and now has another e-mail address than it.",
    "A joined user cannot be taken out of the account again.",
    "Keep the address, or give the user a new key.",
)
GROUP_NAME_TAKEN = ErrorCode(
    "group_name_taken",
    400,
    "The site has a group {name} already, which did not come from this source.",
    "Whoever joined it would hold everything that group holds.",
    "Rename one of the two groups, leave this one out, or choose that groups merge.",
)
REFERENCE_MISSING = ErrorCode(
    "reference_missing",
    400,
    "`{field}` names {reference}, which is not here.",
    "What an item refers to must arrive before it: earlier, or further up in the batch.",
    "Send what it names first; when that failed, cure it and send this item again.",
)
SUBJECT_MISSING = ErrorCode(
    "subject_missing",
    400,
    "{subject} is not here.",
    "The person or the group did not arrive: it is not in the export, or was left out.",
    "Make the group and set the permission by hand, or move the group and run again.",
)
INVALID_ITEM = ErrorCode(
    "invalid_item",
    400,
    "The item is not valid: {problem}.",
    "A field is missing, unknown, or has the wrong form.",
    "Correct the item; docs/reference/site-api.md lists the fields of each kind.",
)
DESTINATION_EDITED = ErrorCode(
    "destination_edited",
    409,
    "{source_key} changed at its source and was edited here too; it was left as it is.",
    "Writing it would lose the edit made here.",
    "Compare the two and carry the difference over by hand.",
)
DESTINATION_MISSING = ErrorCode(
    "destination_missing",
    409,
    "{source_key} was moved here before and is here no longer.",
    "Somebody deleted it, or it was lost.",
    "Find out which. To have it again, restore it here from a backup.",
)
FILE_NAME_TAKEN = ErrorCode(
    "file_name_taken",
    400,
    "There is a file {name!r} already.",
    "POST adds new files only.",
    "Send it with PUT: then it becomes the file's next version.",
)
PROPERTY_TAKEN = ErrorCode(
    "property_taken",
    409,
    "There is a property {key} already.",
    "A property is made once, and then changed.",
    "Find its id with `?key=`, and write its next version with PUT.",
)
CQL_INVALID = ErrorCode(
    "cql_invalid",
    400,
    "The query cannot be understood: {problem}.",
    "It is not written as CQL is, or asks for something this site keeps nothing for.",
    "Correct it; docs/reference/site-api.md lists the fields, operators and orders.",
)
KEPT_BOTH = ErrorCode(
    "kept_both",
    409,
    "{source_key} changed at its source and was edited here too; what the source has now stands"
    " beside it as '{title}'.",
    "Both sides changed it, and the plan keeps both.",
    "Compare the two, merge them by hand and delete the one that is left over.",
)
DELETED_BUT_EDITED = ErrorCode(
    "deleted_but_edited",
    409,
    "{source_key} is gone at its source, but somebody worked on it here; it was left as it is.",
    "Deleting it would lose what was done here.",
    "Look at it, and delete it by hand if nobody needs it.",
)
CONTAINER_KEPT = ErrorCode(
    "container_kept",
    409,
    "{source_key} is gone at its source, and is kept with what it hangs on.",
    "What it hangs on was worked on here and was left.",
    "It goes when you delete that by hand.",
)
NOT_MADE_HERE = ErrorCode(
    "not_made_here",
    409,
    "{source_key} is gone at its source, but was here before it was moved.",
    "It was joined with what was there; it is not this source's to delete.",
    "Delete it by hand if nobody needs it.",
)
NEVER_DELETED = ErrorCode(
    "never_deleted",
    409,
    "{source_key} is gone at its source; people, groups and spaces are never deleted by a run.",
    "Too much hangs on them.",
    "Delete it by hand if nobody needs it.",
)
ITEM_UNKNOWN = ErrorCode(
    "item_unknown",
    404,
    "No attachment came from this source with the key {source_key}.",
    "The item was not sent yet, it failed, or the key is mistyped.",
    "Send the attachment's item first, then its bytes.",
)

CODES = (
    SITE_UNKNOWN,
    APP_MAY_NOT_WRITE,
    VERSION_CONFLICT,
    BATCH_TOO_LARGE,
    ITEM_TOO_LARGE,
    FILES_MISFRAMED,
    FILE_DIFFERS,
    FILE_DAMAGED,
    SPACE_KEY_TAKEN,
    TITLE_TAKEN,
    EMAIL_TAKEN,
    ACCESS_KEPT,
    ADDRESS_KEPT,
    IDENTITY_CHANGED,
    PLACEHOLDER_CLAIMED,
    PLACEHOLDER_UNKNOWN,
    NOT_A_PLACEHOLDER,
    PLACEHOLDER_TAKEN,
    GROUP_NAME_TAKEN,
    REFERENCE_MISSING,
    SUBJECT_MISSING,
    INVALID_ITEM,
    DESTINATION_EDITED,
    DESTINATION_MISSING,
    KEPT_BOTH,
    DELETED_BUT_EDITED,
    CONTAINER_KEPT,
    NOT_MADE_HERE,
    NEVER_DELETED,
    ITEM_UNKNOWN,
    CQL_INVALID,
    PROPERTY_TAKEN,
    FILE_NAME_TAKEN,
)
