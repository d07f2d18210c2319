"""The limit: a hub that carries messages between viewers and one host, batched, and knows nothing else.

`python relay_hub.py PORT`. What gathers during a turn of the loop goes out as one message for each socket.
"""

import asyncio
import sys

import msgspec
from tornado.web import Application
from tornado.websocket import WebSocketHandler


class Gathered:
    """Sends in one message what is said in one turn of the loop."""

    def __init__(self, socket):
        self._socket = socket
        self._items = []

    def add(self, item):
        if not self._items:
            asyncio.get_running_loop().call_soon(self._flush)
        self._items.append(item)

    def _flush(self):
        items, self._items = self._items, []
        self._socket.write_message(msgspec.json.encode(items))


class ViewerSocket(WebSocketHandler):
    viewers = {}

    def open(self):
        self.set_nodelay(True)
        self.number = len(self.viewers)
        self.out = Gathered(self)
        self.viewers[self.number] = self
        HostSocket.host.out.add((self.number, None))

    def on_message(self, message):
        HostSocket.host.out.add((self.number, message))

    def check_origin(self, origin):
        return True


class HostSocket(WebSocketHandler):
    host = None

    def open(self):
        self.set_nodelay(True)
        self.out = Gathered(self)
        HostSocket.host = self

    def on_message(self, message):
        for number, kind, text in msgspec.json.decode(message):
            ViewerSocket.viewers[number].out.add((kind, text))


async def main():
    Application([("/viewer", ViewerSocket), ("/host", HostSocket)], websocket_max_message_size=1 << 30).listen(
        int(sys.argv[1]), "127.0.0.1"
    )
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
