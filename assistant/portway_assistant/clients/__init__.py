"""How the assistant meets the platform and the cloud site: over HTTP, as any script could.

Every call may be repeated: PUTs and bulk doors by nature, creations by their Idempotency-Key. Lost
connections and restarts are waited out by the `Caller` underneath.
Source: docs/reference/admin-api.md, docs/reference/site-api.md
"""

from portway_assistant.clients.bodies import InventoryCutError
from portway_assistant.clients.platform import PlatformClient
from portway_assistant.clients.site import RehearsedSite, SiteClient

__all__ = ["InventoryCutError", "PlatformClient", "RehearsedSite", "SiteClient"]
