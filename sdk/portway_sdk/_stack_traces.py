"""What may be told about a failure: exception types and places in the code.

No messages, no values and no absolute paths: they may hold customers' data or describe a machine.
"""

import re
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator
from itertools import dropwhile
from pathlib import PurePath
from types import FrameType

from portway_sdk._errors import APIError
from portway_sdk.wire import ListenerError

_FRAMES_SHOWN = 50
_EXCEPTIONS_SHOWN = 8
_NAME_CHARACTERS = 200
_UNUSUAL = re.compile(r"[^\w./<>-]")


def describe_failure(exception: BaseException) -> ListenerError:
    """Return the exception's type and a stack trace that is safe to send and to show."""
    lines: list[str] = []
    for told in _chain(exception):
        lines.append(f"{'caused by ' if lines else ''}{_type_name(told)}{_code(told)}")
        lines.extend(_describe(traceback.walk_tb(told.__traceback__)))
    return ListenerError(exception_type=_type_name(exception), safe_stack_trace="\n".join(lines))


def describe_thread(thread: threading.Thread, exception_type: str) -> ListenerError:
    """Return where a thread is just now, as if `exception_type` had been raised there."""
    frame = sys._current_frames().get(thread.ident or 0)
    stack = reversed(list(traceback.walk_stack(frame))) if frame else ()
    lines = [exception_type, *_describe(stack)]
    return ListenerError(exception_type=exception_type, safe_stack_trace="\n".join(lines))


def _chain(exception: BaseException) -> Iterator[BaseException]:
    """Yield the exception and what caused it, the root last."""
    seen: set[int] = set()
    told: BaseException | None = exception
    while told is not None and id(told) not in seen and len(seen) < _EXCEPTIONS_SHOWN:
        yield told
        seen.add(id(told))
        told = told.__cause__ or (None if told.__suppress_context__ else told.__context__)


def _describe(stack: Iterable[tuple[FrameType, int | None]]) -> list[str]:
    frames = [(_module(frame), frame, line) for frame, line in stack]
    # The vendor's own code starts below the SDK's loop.
    told = list(dropwhile(lambda entry: _is_ours(entry[0]), frames)) or frames
    places = [f"  at {_place(module, frame, line)}" for module, frame, line in told]
    if len(places) > _FRAMES_SHOWN:
        half = _FRAMES_SHOWN // 2
        places[half:-half] = [f"  … {len(places) - 2 * half} more"]
    return places


def _is_ours(module: str) -> bool:
    return module == "threading" or module.startswith("portway_sdk.")


def _place(module: str, frame: FrameType, line: int | None) -> str:
    function = _clean(frame.f_code.co_qualname)
    return f"{_clean(_file_name(module, frame))}:{line or 0} in {function}"


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__") or "")


def _file_name(module: str, frame: FrameType) -> str:
    """Return the file as its package knows it: `notes_app/server.py`."""
    file = PurePath(frame.f_code.co_filename).name
    if not module or module == "__main__":
        return file
    folders = module.split(".") if file == "__init__.py" else module.split(".")[:-1]
    return "/".join([*folders, file])


def _type_name(exception: BaseException) -> str:
    kind = type(exception)
    module = "" if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}."
    return _clean(module + kind.__qualname__)


def _code(exception: BaseException) -> str:
    """Return the platform's own code for a refusal: it is stable and holds no data."""
    return f" ({exception.code})" if isinstance(exception, APIError) else ""


def _clean(name: str) -> str:
    return _UNUSUAL.sub("?", name[:_NAME_CHARACTERS])
