"""`about` for admins, `healthz` for whoever watches the process."""

from importlib.metadata import version

from sqlalchemy import text

from portway_platform.admission import AdminMay
from portway_platform.messages import Output
from portway_platform.services import Interfaces, Services
from portway_service.endpoints import Call, Open


class About(Output):
    """What an admin's tool meets."""

    name: str
    version: str
    public_url: str


class Health(Output):
    """The answer of a process that can serve."""

    status: str


def endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoints of this feature."""

    @interfaces.admin.endpoint("GET", "/about", access=AdminMay("see what Portway this is"))
    def about(call: Call) -> About:
        return About(
            name="Portway", version=version("portway"), public_url=services.settings.public_url
        )

    @interfaces.public.endpoint("GET", "/healthz", access=Open("load balancers send no token"))
    def healthz(call: Call) -> Health:
        with services.database.read() as connection:
            connection.execute(text("SELECT 1"))
        return Health(status="ok")
