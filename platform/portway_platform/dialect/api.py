"""The dialect of sites over the admin API."""

from portway_platform.admission import AdminMay
from portway_platform.dialect import service
from portway_platform.dialect.messages import DialectOutput, SwitchesInput, SwitchOutput
from portway_platform.dialect.rules import DEFAULT, SWITCHES, Dialect, values_of
from portway_platform.services import Interfaces, Services
from portway_platform.sites.service import get_site
from portway_service.endpoints import Call

SEE = AdminMay("see how sites speak the contract")


def endpoints(services: Services, interfaces: Interfaces) -> None:
    """Add the endpoints of this feature."""
    admin = interfaces.admin

    @admin.endpoint("GET", "/dialect", access=SEE)
    def list_switches(call: Call) -> list[SwitchOutput]:
        return [
            SwitchOutput(
                name=switch.name,
                point=switch.point,
                question=switch.question,
                default=switch.default,
                choices=dict(switch.choices),
            )
            for switch in SWITCHES
        ]

    @admin.endpoint("GET", "/sites/<site_key>/dialect", access=SEE)
    def get_dialect(call: Call) -> DialectOutput:
        key = call.path["site_key"]
        with services.database.read() as connection:
            return _output(key, service.for_site(connection, get_site(connection, key).id))

    @admin.endpoint(
        "PATCH",
        "/sites/<site_key>/dialect",
        access=AdminMay("set how sites speak the contract"),
        body=SwitchesInput,
    )
    def set_switches(call: Call) -> DialectOutput:
        key = call.path["site_key"]
        return _output(key, service.set_switches(services, key, call.body.switches))


def _output(site_key: str, dialect: Dialect) -> DialectOutput:
    values, defaults = values_of(dialect), values_of(DEFAULT)
    return DialectOutput(
        site_key=site_key,
        switches=values,
        changed=[name for name, value in values.items() if value != defaults[name]],
    )
