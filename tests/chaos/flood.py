"""Writes a thousand messages a second into one session, as a script that nobody has told of limits:
`python -m tests.chaos.flood PORT SESSION SECRET`, until its standard input ends. It comes back each time it is cut off.

It prints a line when it has begun, and at the end what it was answered, as JSON.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from uuid import uuid4

from jupyter_chat_sessions.protocol.frames import SendMessage

from .raw_client import RawClient

PER_S = 1000
_AT_ONCE = 20


class Flood:
    """What floods a session.

    Args:
        port: Where the server listens.
        credentials: The session's id and secret.

    Attributes:
        answers: How often it was answered what: a type of frame, or the code of an error.
        close_codes: How often it was cut off with what.
        waits_s: The shortest and the longest time that it was told to wait.
        sent: Messages that it has sent.
    """

    def __init__(self, port: int, credentials: tuple[str, str]) -> None:
        self.answers: Counter[str] = Counter()
        self.close_codes: Counter[str] = Counter()
        self.waits_s: list[float] = []
        self.sent = 0
        self._port = port
        self._credentials = credentials

    def pour(self, is_over: threading.Event) -> None:
        """Write until the event is set."""
        began = time.monotonic()
        while not is_over.is_set():
            with RawClient(self._port, self._credentials) as client:
                reader = threading.Thread(target=self._read, args=[client])
                reader.start()
                try:
                    while reader.is_alive() and not is_over.wait(began + self.sent / PER_S - time.monotonic()):
                        client.say(*(SendMessage(client_id=str(uuid4()), text="flood/1 echo") for _ in range(_AT_ONCE)))
                        self.sent += _AT_ONCE
                except ConnectionError:
                    pass
                if is_over.is_set():
                    client.hang_up()
                reader.join()

    def _read(self, client: RawClient) -> None:
        for frame in client.frames():
            if frame["type"] == "error":
                self.answers[frame["code"]] += 1
                self.waits_s = _extremes([*self.waits_s, *filter(None, [frame.get("retryAfterS")])])
            else:
                self.answers[frame["type"]] += 1
        if client.close_code is not None:
            self.close_codes[str(client.close_code)] += 1


def _extremes(values: list[float]) -> list[float]:
    return [min(values), max(values)] if values else []


if __name__ == "__main__":
    flood = Flood(int(sys.argv[1]), (sys.argv[2], sys.argv[3]))
    over = threading.Event()
    pouring = threading.Thread(target=flood.pour, args=[over])
    pouring.start()
    sys.stdout.write("pouring\n")
    sys.stdout.flush()
    sys.stdin.read()
    over.set()
    pouring.join()
    report = {name: getattr(flood, name) for name in ("answers", "close_codes", "waits_s", "sent")}
    sys.stdout.write(json.dumps(report))
