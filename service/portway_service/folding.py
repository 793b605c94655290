"""When two space keys, titles or e-mail addresses count as the same: in any case, in any form.

The same rule serves the check before a migration and the destination that would refuse.
"""

import unicodedata


def fold(text: str) -> str:
    """Return the form in which texts are compared: NFKC and without case."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded)
