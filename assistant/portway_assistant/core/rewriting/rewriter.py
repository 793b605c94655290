"""The one door to rewriting: every kind of body goes through it, when it is sent and when proved.

Source: docs/reference/rewriting.md
"""

from portway_assistant.core.rewriting import storage
from portway_assistant.core.rewriting.addresses import SourceAddresses
from portway_assistant.core.rewriting.parameters import Texts
from portway_assistant.core.rewriting.references import Findings, Resolver, Rewritten, Where
from portway_assistant.core.rewriting.storage import rewrite_storage
from portway_assistant.core.rewriting.wiki import rewrite_wiki


def may_refer(body: str, representation: str) -> bool:
    """Tell whether a body could refer to anything: a quick look that most bodies end with."""
    if representation == "storage":
        return storage.may_refer(body)
    return representation == "wiki" and ("[" in body or "{" in body)


class Rewriter:
    """Rewrites bodies of one source for one destination."""

    def __init__(self, resolver: Resolver, addresses: SourceAddresses) -> None:
        self._resolver = resolver
        self._addresses = addresses

    def rewrite(self, body: str, representation: str, where: Where) -> Rewritten:
        """Return a body as the destination gets it.

        Args:
            body: As the source has it.
            representation: `storage` or `wiki`; a body written otherwise refers to nothing.
            where: What the body belongs to.
        """
        findings = Findings()
        texts = Texts(self._addresses, self._resolver, where, findings)
        if representation == "storage":
            body = rewrite_storage(body, texts, self._resolver)
        elif representation == "wiki":
            body = rewrite_wiki(body, texts, self._resolver)
        return Rewritten(body, findings.all())
