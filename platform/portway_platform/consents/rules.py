"""From a manifest to what the admin is asked: the terms and the notice.

Source: assistant features F053-F086; docs/explanation/consent-and-the-gate.md
"""

import hashlib

from portway_platform.catalogue.messages import Manifest
from portway_scopes import Terms


def text_digest(text: str) -> str:
    """Return the SHA-256 (hex) of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def notice_text(manifest: Manifest) -> str:
    """Return the notice an admin reads above the list of scopes."""
    return (
        f"{manifest.vendor} moves the data of {manifest.name} from your server to your cloud site."
        f" It acts on its own behalf and under its own privacy policy and terms. Portway carries"
        f" the data between the two, and only what the agreed scopes allow. You can withdraw this"
        f" agreement at any time: running transfers of the app then end, and what Portway stores"
        f" of them can no longer be read. It covers version {manifest.version} of the app; an"
        f" update asks you again."
    )


def terms_of(manifest: Manifest) -> Terms:
    """Return what an admin agrees to, for this version of the app."""
    return Terms(
        app_version=manifest.version,
        scopes=frozenset(declared.scope for declared in manifest.scopes),
        policy_digests=frozenset(
            (policy.kind, text_digest(policy.text)) for policy in manifest.policies
        ),
        notice_digest=text_digest(notice_text(manifest)),
    )
