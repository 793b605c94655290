"""A client in a process of its own: asks prepared requests in turn and times each.

Is told `{"port", "requests"}`, answers `"ready"`; is told for how many seconds to ask, answers
`{"seconds", "waits"}`. Imports little, so that it is ready at once.
"""

import json
import sys
import time

from bench.raw_http import Wire


def main() -> None:
    """Do what standard input says."""
    order = json.loads(sys.stdin.readline())
    requests = [text.encode("latin-1") for text in order["requests"]]
    wire = Wire(order["port"])
    for raw_request in requests[:5]:
        wire.ask(raw_request)
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        print(json.dumps(ask_for(wire, requests, float(json.loads(line)))), flush=True)
    wire.close()


def ask_for(wire: Wire, requests: list[bytes], seconds: float) -> dict[str, object]:
    """Ask as often as the time allows."""
    waits = []
    now = began = time.perf_counter()
    while now - began < seconds:
        wire.ask(requests[len(waits) % len(requests)])
        before, now = now, time.perf_counter()
        waits.append(now - before)
    return {"seconds": now - began, "waits": waits}


if __name__ == "__main__":
    main()
