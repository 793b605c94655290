"""The smallest cloud app: serves a descriptor, answers 200 to everything, remembers a little.

A process of its own, so that it shares no lock with what it receives from. It says its port, then
serves until its standard input ends. `GET /seen` tells what came; `POST /forget` begins anew.
"""

import asyncio
import json
import sys
import time
from typing import Any

APP_KEY = "com.example.bench.cloud"
EVENTS_PATH = "/migration-events"


class Memory:
    """What the app was told."""

    def __init__(self) -> None:
        self.installed: dict[str, Any] = {}
        self.forget()

    def forget(self) -> None:
        """Forget the events."""
        self.bodies: list[str] = []
        self.authorization = ""
        self.first_at = self.last_at = 0.0

    def take_event(self, authorization: str, body: bytes) -> None:
        """Keep an event and when it came."""
        self.last_at = time.monotonic()
        if not self.bodies:
            self.first_at = self.last_at
        self.authorization = authorization
        self.bodies.append(body.decode())

    def seen(self) -> dict[str, Any]:
        """Return what came, without the bodies."""
        return {
            "installed": self.installed,
            "events": len(self.bodies),
            "authorization": self.authorization,
            "firstAt": self.first_at,
            "lastAt": self.last_at,
        }


class Connection(asyncio.Protocol):
    """One connection; requests come one after the other."""

    def __init__(self, memory: Memory, port: int) -> None:
        self._memory = memory
        self._port = port
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._data += data
        while True:
            head, found, rest = self._data.partition(b"\r\n\r\n")
            if not found:
                return
            first, *lines = head.split(b"\r\n")
            named = {
                name.lower(): value for name, value in (line.split(b": ", 1) for line in lines)
            }
            length = int(named.get(b"content-length", 0))
            if len(rest) < length:
                return
            self._data = rest[length:]
            method, path, _ = first.decode("latin-1").split(" ", 2)
            authorization = named.get(b"authorization", b"").decode("latin-1")
            answer = self._answer(method, path, authorization, rest[:length])
            body = b"" if answer is None else json.dumps(answer).encode()
            self._transport.write(  # type: ignore[attr-defined]
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                + str(len(body)).encode()
                + b"\r\n\r\n"
                + body
            )

    def _answer(self, method: str, path: str, authorization: str, body: bytes) -> Any:
        memory = self._memory
        if path == EVENTS_PATH:
            return memory.take_event(authorization, body)
        if path == "/installed":
            memory.installed = json.loads(body)
        elif path == "/seen":
            return memory.seen()
        elif path == "/bodies":
            return memory.bodies
        elif path == "/forget":
            memory.forget()
        elif method == "GET":
            return _descriptor(self._port)
        return None


def _descriptor(port: int) -> dict[str, Any]:
    return {
        "key": APP_KEY,
        "name": "Bench",
        "baseUrl": f"http://127.0.0.1:{port}",
        "authentication": {"type": "jwt"},
        "lifecycle": {"installed": "/installed", "enabled": "/enabled"},
        "cloudAppMigration": {"migrationWebhookPath": EVENTS_PATH},
    }


async def main() -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    memory = Memory()
    server = await loop.create_server(lambda: Connection(memory, port), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(json.dumps(port), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
