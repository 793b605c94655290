"""Calls over HTTP with retries and our errors: for platform builders and scripts.

`Caller` signs each attempt afresh and repeats what may be repeated; see docs/reference/sdk.md.
"""

from portway_sdk._http import (
    ONE_ATTEMPT,
    Authorise,
    Caller,
    Chunks,
    Query,
    RetryPolicy,
    open_client,
    read_answer,
    segment,
)
from portway_sdk._timing import Timing

__all__ = [
    "ONE_ATTEMPT",
    "Authorise",
    "Caller",
    "Chunks",
    "Query",
    "RetryPolicy",
    "Timing",
    "open_client",
    "read_answer",
    "segment",
]
