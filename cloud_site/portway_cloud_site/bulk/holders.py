"""Finding who holds or marks something, where it means nothing without that somebody."""

from portway_cloud_site.bulk.intake import Batch, ItemSkippedError
from portway_cloud_site.error_codes import SUBJECT_MISSING


def refer_to_holder(batch: Batch, source_key: str) -> tuple[int, str | None]:
    """Return somebody's entity and, where the key is one of several for it, the key as sent.

    Raises:
        ItemSkippedError: Nobody here has the key: the item is passed over, nothing is wrong.
    """
    if source_key not in batch.origins:
        raise ItemSkippedError(SUBJECT_MISSING, subject=source_key)
    return batch.refer_to_subject("user", source_key)
