"""What counts as an e-mail address that an account can be made for."""

import re

LONGEST_LOCAL_PART = 64
LONGEST_ADDRESS = 254

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?")


def is_valid_email(text: str) -> bool:
    """Tell whether `text` is one plain address: `local@domain`, with a dot in the domain.

    Follows RFC 5321, section 4.1.2, without the quoted and bracketed forms that no account uses.
    Letters beyond ASCII are allowed in the domain only.

    >>> is_valid_email("ann@example.com"), is_valid_email("ann@localhost")
    (True, False)
    """
    local, at, domain = text.rpartition("@")
    if not at or len(text) > LONGEST_ADDRESS or len(local) > LONGEST_LOCAL_PART:
        return False
    if not _LOCAL.fullmatch(local):
        return False
    labels = domain.split(".")
    if len(labels) < 2 or labels[-1].isdecimal():
        return False
    return all(_LABEL.fullmatch(label) and "_" not in label for label in labels)
