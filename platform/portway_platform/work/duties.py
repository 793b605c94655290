"""Everything the platform does later, by itself: which handler does which kind of due work."""

from portway_platform.app_data import keys
from portway_platform.app_data.clearing import clearing_handler
from portway_platform.app_data.resumable_uploads import expiry_handler
from portway_platform.app_data.rules import CLEARING, EXPIRY
from portway_platform.events.deliverer import Deliverer
from portway_platform.forge.activity import CLOCK
from portway_platform.forge.clock import clock_handler
from portway_platform.installations.farewell import FAREWELL, farewell_handler
from portway_platform.listeners import checks
from portway_platform.listeners.service import lease_handler
from portway_platform.listeners.work import LEASE
from portway_platform.services import Services
from portway_platform.transfers import service as transfers
from portway_platform.transfers.creating import dependents_handler
from portway_platform.work.worker import Errands, Worker


def open_worker(services: Services) -> Worker:
    """Return the worker of one platform process; start it to have it work in the background."""
    errands = Errands(
        services.database,
        services.clock,
        {
            transfers.DEADLINE: transfers.deadline_handler(services),
            transfers.DEPENDENTS: dependents_handler(services),
            CLOCK: clock_handler(services),
            LEASE: lease_handler(services),
            checks.DEADLINE: checks.deadline_handler(services),
            keys.RETENTION: keys.retention_handler(services),
        },
        slow_handlers={
            CLEARING: clearing_handler(services),
            EXPIRY: expiry_handler(services),
            keys.SHREDDING: keys.shredding_handler(services),
        },
    )
    # In a thread of their own: an app that does not answer holds up no clock.
    farewells = Errands(
        services.database,
        services.clock,
        {},
        slow_handlers={FAREWELL: farewell_handler(services)},
    )
    return Worker(services.database, services.clock, [errands, farewells, Deliverer(services)])
