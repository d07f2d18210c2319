"""A real kernel of a real server, through the REST API and its channels' WebSocket; and signals to its process."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
from pathlib import Path
from typing import Any
from uuid import uuid4

from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from .server import ROOT, TOKEN, ChaosServer

LIMIT_S = 40.0
KEEP_DEAD = ["--KernelManager.autorestart=False"]
"""For a server whose killed kernels are replaced: one that it restarts just then cannot be shut down."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class ChaosKernel:
    """A kernel.

    Each call makes a connection of its own, so that the kernel may be used from any loop, and while it comes and goes.

    Args:
        server: The server that has it.
        kernel_id: Its id there.
    """

    def __init__(self, server: ChaosServer, kernel_id: str) -> None:
        self.server = server
        self.id = kernel_id
        self.pid = 0
        """Its process's id, when `open_chat` was last called."""

    @classmethod
    def start(cls, server: ChaosServer) -> ChaosKernel:
        """Start a kernel."""
        return cls(server, server.request("POST", "api/kernels", {"name": "python3"})["id"])

    async def run(self, code: str, *, may_fail: bool = False, limit_s: float = LIMIT_S) -> str:
        """Run a cell, wait until it is done, and return what it printed.

        Raises:
            AssertionError: The cell failed.
        """
        async with asyncio.timeout(limit_s):
            return await self._run(code, may_fail=may_fail)

    async def open_chat(
        self,
        channel: str,
        *,
        journal: Path,
        gates: Path,
        options: str = "",
        hub_port: int | None = None,
    ) -> None:
        """Run the cells that make the bot and open its chat: what an author does, also after each restart.

        Args:
            channel: The chat's name.
            journal: Where the bot writes down what it does.
            gates: Where its gates are.
            options: More words for `%chat_session`.
            hub_port: The port by which the kernel reaches its server, where something stands between them.
        """
        hub = "" if hub_port is None else f"os.environ['JUPYTER_CHAT_SESSIONS_URL'] = 'http://127.0.0.1:{hub_port}/'"
        printed = await self.run(f"import os, sys; sys.path.insert(0, {str(ROOT)!r}); {hub}\nprint(os.getpid())")
        self.pid = int(printed)
        await self.run(
            f"from pathlib import Path; from tests.chaos.seeded import seed; seed()\n"
            "%load_ext jupyter_chat_sessions\n"
            "from tests.chaos.bot import ChaosBot\n"
            f"bot = ChaosBot(Path({str(journal)!r}), Path({str(gates)!r})); bot.listen()\n"
            f"%chat_session {channel} {options}"
        )

    def restart(self) -> None:
        """Press *Restart*: the cells have to be run again."""
        self.server.request("POST", f"api/kernels/{self.id}/restart")

    def interrupt(self) -> None:
        """Press *Interrupt*."""
        self.server.request("POST", f"api/kernels/{self.id}/interrupt")

    def shut_down(self) -> None:
        """Shut it down."""
        self.server.request("DELETE", f"api/kernels/{self.id}")

    def kill(self) -> None:
        """Kill its process with SIGKILL. The server notices within seconds and starts another under the same id."""
        os.kill(self.pid, signal.SIGKILL)

    def freeze(self) -> None:
        """Let it stand still."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    async def _run(self, code: str, *, may_fail: bool) -> str:
        page, request = uuid4().hex, uuid4().hex
        url = f"ws://127.0.0.1:{self.server.port}/api/kernels/{self.id}/channels?session_id={page}"
        line = await websocket_connect(HTTPRequest(url, headers={"Authorization": f"token {TOKEN}"}))
        header = {"msg_id": request, "session": page, "msg_type": "execute_request", "username": "", "version": "5.3"}
        content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False, "stop_on_error": False}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        try:
            await line.write_message(json.dumps(message))
            printed: list[str] = []
            reply: dict[str, Any] | None = None
            is_idle = False
            while reply is None or not is_idle:
                data = await line.read_message()
                assert data is not None, "the connection to the kernel is gone"
                answer = json.loads(data)
                if answer["parent_header"].get("msg_id") != request:
                    continue
                match answer["msg_type"], answer["content"]:
                    case "execute_reply", content:
                        reply = content
                    case "stream", {"text": text}:
                        printed.append(text)
                    case "status", {"execution_state": "idle"}:
                        is_idle = True
        finally:
            line.close()
        trace = _COLOUR.sub("", "\n".join(reply.get("traceback", [])))
        assert may_fail or reply["status"] == "ok", f"{''.join(printed)}\n{trace}"
        return "".join(printed)
