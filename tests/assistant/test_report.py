"""What a report says of each kind of item."""

from portway_assistant.reports.report import KIND_NAMES
from portway_service.item_digest import DIGEST_FIELDS


def test_every_kind_of_item_has_a_name_an_administrator_reads():
    assert KIND_NAMES.keys() == DIGEST_FIELDS.keys()
    assert all(singular != plural for singular, plural in KIND_NAMES.values())
