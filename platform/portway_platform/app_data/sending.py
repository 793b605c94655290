"""What both ways of uploading do with a request: rest it on the access it was admitted by, and see
to it that a refusal reaches its sender.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from portway_platform.app_data.bodies import Body
from portway_platform.app_data.standing import Standing
from portway_platform.gate import find_file
from portway_platform.services import Services
from portway_scopes import Access, Request
from portway_service.endpoints import Call
from portway_service.errors import Refusal

COLLECTION = "/transfers/<transfer_id>/app-data"
UPLOAD = "/app-data/<key>"


def standing_of(services: Services, call: Call, data_class: str | None) -> Standing:
    """Return the access an upload goes on with."""
    return Standing(
        services,
        call.admitted.transfer.transfer_id,
        Request(Access.UPLOAD_APP_DATA, data_class=data_class),
        owner=call.admitted.caller.owner,
        admitted=call.admitted.transfer,
    )


def standing_of_file(services: Services, call: Call) -> Standing:
    """Return the access by which an upload that exists goes on."""
    with services.database.read() as connection:
        found = find_file(connection, call.path["key"], call.admitted.caller.owner)
    return standing_of(services, call, found[1] if found else None)


@contextmanager
def answered_while_sending(body: Body) -> Iterator[None]:
    """See to it that a refusal reaches a sender who has not sent everything yet."""
    try:
        yield
    except Refusal as refusal:
        if not body.drain():
            refusal.headers["Connection"] = "close"
        raise
