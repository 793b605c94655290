"""App data over HTTP: whole uploads and upload tokens here, tus and downloads beside it.

Source: docs/reference/gateway-api.md#app-data; https://tus.io/protocols/resumable-upload
"""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from portway_platform.admission import ListenerMay
from portway_platform.app_data import (
    download_api,
    tus_api,
    upload_tokens,
    whole_uploads,
)
from portway_platform.app_data.bodies import Body
from portway_platform.app_data.headers import (
    find_whole_digest,
)
from portway_platform.app_data.sending import COLLECTION, answered_while_sending, standing_of
from portway_platform.app_data.storing import NewUpload
from portway_platform.app_data.upload_tokens import UploadGrant
from portway_platform.idempotency.service import find_key
from portway_platform.services import Interfaces, Services
from portway_scopes import Access
from portway_sdk.wire import StoredAppData, WireModel
from portway_service.endpoints import Call

Text = Annotated[str, Field(max_length=4000, pattern=r"^[^\x00]*$")]


class UploadQuery(WireModel):
    """What a sender says about a file."""

    label: Text | None = None
    data_class: str | None = None


def endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoints of this feature."""
    _add_put(services, interfaces)
    tus_api.add_endpoints(services, interfaces)
    _add_upload_tokens(services, interfaces)
    download_api.add_endpoints(services, interfaces)


class UploadToken(WireModel):
    """What a tus client sends with every request."""

    token: str
    expires_at: datetime


def _add_put(services: Services, interfaces: Interfaces) -> None:
    @interfaces.gateway.endpoint(
        "PUT",
        COLLECTION,
        access=ListenerMay(Access.UPLOAD_APP_DATA, by_upload_token=True),
        query=UploadQuery,
        status=201,
        raw_body="application/octet-stream",
    )
    def put_file(call: Call) -> StoredAppData:
        body = Body(call.request)
        with answered_while_sending(body):
            return whole_uploads.put_file(
                services,
                standing_of(services, call, call.query.data_class),
                NewUpload(call.query.label, call.query.data_class, find_key(call.request)),
                body,
                expected_sha256=find_whole_digest(call.request),
            )


def _add_upload_tokens(services: Services, interfaces: Interfaces) -> None:
    @interfaces.gateway.endpoint(
        "POST",
        "/transfers/<transfer_id>/upload-token",
        access=ListenerMay(Access.UPLOAD_APP_DATA),
        status=201,
    )
    def make_upload_token(call: Call) -> UploadToken:
        caller = call.admitted.caller
        grant = UploadGrant(
            call.admitted.transfer.transfer_id,
            caller.key_id,
            services.clock.now() + upload_tokens.LIFE,
        )
        token = upload_tokens.make_token(services.keys.address_secret, grant)
        return UploadToken(token=token, expires_at=grant.expires_at)
