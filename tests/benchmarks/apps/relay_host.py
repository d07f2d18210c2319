"""The relay's host: the same bot as everybody's, without an API. `python relay_host.py PORT`."""

import asyncio
import sys
import time

import msgspec
from tornado.websocket import websocket_connect

TOKEN = "token "


async def main():
    line = await websocket_connect(f"ws://127.0.0.1:{sys.argv[1]}/host", max_message_size=1 << 30)
    line.protocol.stream.set_nodelay(True)
    loop = asyncio.get_running_loop()
    gathered = []

    def flush():
        items = gathered.copy()
        gathered.clear()
        line.write_message(msgspec.json.encode(items))

    def emit(number, kind, text):
        if not gathered:
            loop.call_soon(flush)
        gathered.append((number, kind, text))

    async def reply(number, message):
        word, _, rest = message.partition(" ")
        match word:
            case "stream":
                for _ in range(int(rest)):
                    emit(number, "token", TOKEN)
                    await asyncio.sleep(0)
                emit(number, "end", "")
            case "paced":
                count, pace_s = rest.split()
                due = time.time()
                for _ in range(int(count)):
                    due += float(pace_s)
                    await asyncio.sleep(max(0.0, due - time.time()))
                    emit(number, "token", f"{time.time():.4f} ")
                emit(number, "end", "")
            case _:
                emit(number, "say", rest)

    tasks = set()
    while (data := await line.read_message()) is not None:
        for number, message in msgspec.json.decode(data):
            if message is None:
                emit(number, "say", "hello")
                continue
            task = loop.create_task(reply(number, message))
            tasks.add(task)
            task.add_done_callback(tasks.discard)


if __name__ == "__main__":
    asyncio.run(main())
