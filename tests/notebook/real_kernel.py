"""A real kernel, and pages that run cells in it: each page a client with an id of its own, as browsers are."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Self

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

LIMIT_S = 20.0


@dataclass
class Outputs:
    """What was put out under one cell; it goes on growing after the cell is done."""

    streams: dict[str, str] = field(default_factory=lambda: defaultdict(str))
    displays: list[dict[str, Any]] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    reply: dict[str, Any] | None = None
    is_idle: bool = False

    @property
    def text(self) -> str:
        """What was printed."""
        return self.streams["stdout"]

    @property
    def stderr(self) -> str:
        """What was printed to standard error, without colours."""
        return re.sub(r"\x1b\[[0-9;]*m", "", self.streams["stderr"])

    @property
    def shown(self) -> str:
        """The plain text of the last display, with its updates."""
        bundles = [*self.displays[-1:], *self.updates[-1:]]
        return str(bundles[-1]["text/plain"]) if bundles else ""


class RealKernel:
    """A kernel process without a Jupyter server around it.

    Args:
        environment: More environment variables; those that lead to a hub are left out unless given here.
    """

    def __init__(self, environment: dict[str, str] | None = None) -> None:
        # Over Unix sockets: ports that are chosen before the kernel takes them may be somebody else's by then.
        self._sockets = tempfile.TemporaryDirectory(prefix="kernel-")
        self._manager = KernelManager(kernel_name="python3", transport="ipc", ip=f"{self._sockets.name}/socket")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER_CHAT", "JPY_"))}
        self._environment = {**inherited, "JPY_SESSION_NAME": "lessons/demo.ipynb", **(environment or {})}
        self.pages: list[Page] = []

    def __enter__(self) -> Self:
        self._manager.start_kernel(env=self._environment)
        return self

    def __exit__(self, *_: object) -> None:
        for page in self.pages:
            page.close()
        self._manager.shutdown_kernel(now=True)
        self._manager.cleanup_resources()
        self._sockets.cleanup()

    def page(self) -> Page:
        """Open another page on the kernel."""
        client: BlockingKernelClient = self._manager.blocking_client()
        # A page of its own has an id of its own, which it gives itself.
        client.session = type(client.session)(
            key=client.session.key, signature_scheme=client.session.signature_scheme, username="page"
        )
        for channel in (client.shell_channel, client.stdin_channel, client.control_channel):
            channel.session = client.session
        client.start_channels()
        client.wait_for_ready(timeout=LIMIT_S)
        page = Page(client)
        self.pages.append(page)
        return page

    def shut_down(self) -> None:
        """Ask it to end, as *Shut Down Kernel* does, and wait until it has."""
        self._manager.shutdown_kernel(now=False)

    def interrupt(self) -> None:
        """Press *Interrupt*."""
        self._manager.interrupt_kernel()


class Page:
    """A page: runs cells, answers `input()`, sends a widget's custom messages."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self._client = client
        self.outputs: dict[str, Outputs] = defaultdict(Outputs)
        self.comm_ids: list[str] = []
        self.comm_messages: list[dict[str, Any]] = []

    @property
    def client_id(self) -> str:
        """The page's id."""
        return str(self._client.session.session)

    def start(self, code: str, *, allow_stdin: bool = False) -> str:
        """Run a cell and do not wait; return the id of the request."""
        return str(self._client.execute(code, allow_stdin=allow_stdin))

    def run(self, code: str, *, may_fail: bool = False) -> Outputs:
        """Run a cell and wait until it is done."""
        return self.finish(self.start(code), may_fail=may_fail)

    def finish(self, request: str, *, may_fail: bool = False) -> Outputs:
        """Wait until a cell is done."""
        outputs = self.outputs[request]
        self.wait_for(lambda: outputs.is_idle)
        while outputs.reply is None:
            message = self._client.get_shell_msg(timeout=LIMIT_S)
            self.outputs[message["parent_header"]["msg_id"]].reply = message["content"]
        if not may_fail:
            assert outputs.reply["status"] == "ok", (outputs.errors, outputs.stderr)
        return outputs

    def answer_input(self, text: str) -> str:
        """Answer `input()`; return its prompt."""
        prompt = self._client.get_stdin_msg(timeout=LIMIT_S)["content"]["prompt"]
        self._client.input(text)
        return str(prompt)

    def send_to_widget(self, content: dict[str, Any], *, comm_id: str | None = None, waits: bool = True) -> str:
        """Send a custom message to the widget that was shown last, and wait until the kernel has taken it.

        While an awaiting cell runs, ipykernel takes it without saying so; then there is nothing to wait for.
        """
        return self._send_to_widget({"method": "custom", "content": content}, comm_id=comm_id, waits=waits)

    def write_to_widget(self, state: dict[str, Any]) -> str:
        """Change traits of the widget that was shown last, and wait until the kernel has taken note."""
        return self._send_to_widget({"method": "update", "state": state, "buffer_paths": []}, comm_id=None)

    def _send_to_widget(self, data: dict[str, Any], *, comm_id: str | None, waits: bool = True) -> str:
        message = self._client.session.msg("comm_msg", {"comm_id": comm_id or self.comm_ids[-1], "data": data})
        self._client.shell_channel.send(message)
        request = str(message["header"]["msg_id"])
        if waits:
            self.wait_for(lambda: self.outputs[request].is_idle)
        return request

    def wait_for(self, condition: Any, *, limit_s: float = LIMIT_S) -> None:
        """Read what the kernel broadcasts until a condition holds."""
        end = time.monotonic() + limit_s
        while not condition():
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"waited {limit_s} s in vain; outputs: {dict(self.outputs)}")
            self._take(self._client.get_iopub_msg(timeout=left))

    def close(self) -> None:
        """Leave."""
        self._client.stop_channels()

    def _take(self, message: dict[str, Any]) -> None:
        outputs = self.outputs[message["parent_header"].get("msg_id", "")]
        content = message["content"]
        match message["msg_type"]:
            case "stream":
                outputs.streams[content["name"]] += content["text"]
            case "display_data" | "execute_result":
                outputs.displays.append(content["data"])
            case "update_display_data":
                outputs.updates.append(content["data"])
            case "error":
                outputs.errors.append(f"{content['ename']}: {content['evalue']}")
            case "status" if content["execution_state"] == "idle":
                outputs.is_idle = True
            case "comm_open" if content["target_name"] == "jupyter.widget":
                if content["data"]["state"].get("_model_module") == "anywidget":
                    self.comm_ids.append(content["comm_id"])
            case "comm_msg" if content["data"].get("method") == "custom":
                self.comm_messages.append(content["data"]["content"])
