"""The third way: a viewer of an app under Chainlit, over Chainlit's own protocol (Socket.IO over Engine.IO 4).

What the browser's side of Chainlit does with what comes is done here: its own message is added when it is said, and
`task_start` and `task_end` say whether something goes on.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Self
from urllib.parse import quote
from uuid import uuid4

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from . import script
from .around import around_of, passing, values_by_id
from .view import CONTENTS_SEEN, SeenElement, SeenStep, View, digest

LIMIT_S = 8.0
EVENT = re.compile(r"42(\d*)(\[.*)", re.DOTALL)
ACKNOWLEDGED = re.compile(r"43(\d+)\[")
QUESTION_KINDS = {"text": "text", "action": "action", "file": "file", "element": "element"}


class ChainlitViewer:
    """Somebody who looks at an app under Chainlit.

    Args:
        port: Where the app is served.
        profile: Which of the app's profiles is chosen; the first that is marked as the default otherwise.
    """

    def __init__(self, port: int, *, profile: str | None = None) -> None:
        self._port = port
        self._session = str(uuid4())
        self._steps: dict[str, dict[str, Any]] = {}
        self._elements: dict[str, dict[str, Any]] = {}
        self._actions: dict[str, dict[str, Any]] = {}
        self._question: tuple[str, dict[str, Any], str] | None = None
        self._state: dict[str, Any] = {}
        self._passing: list[str] = []
        self._is_busy = False
        self._acknowledged: set[str] = set()
        self._asked = 0
        self._changed = asyncio.Event()
        self._greeted = asyncio.Event()
        self._socket: WebSocketClientConnection | None = None
        self._profile = profile
        self._headers: dict[str, str] = {}
        self._thread = ""
        self._contents: dict[str, str] = {}
        self._reading: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self._sign_in()
        await self._read_project()
        await self._connect()
        return self

    async def _connect(self) -> None:
        url = f"ws://127.0.0.1:{self._port}/ws/socket.io/?EIO=4&transport=websocket"
        request = HTTPRequest(url, headers=self._headers)
        self._socket = await websocket_connect(request, on_message_callback=self._on_message)
        async with asyncio.timeout(LIMIT_S):
            await self._greeted.wait()

    async def __aexit__(self, *_: object) -> None:
        assert self._socket is not None
        await self._emit("clear_session")
        self._socket.close()

    async def do(self, deed: script.Deed) -> None:
        """Do something, and do not wait until it is answered."""
        self._passing.clear()
        match deed:
            case script.Arrive() | script.Wait():
                pass
            case script.Say() if self._question is not None:
                self._is_busy = True
                await self._answer(self._own_step(deed.text))
            case script.Say():
                files = [await self._upload(each) for each in deed.files]
                await self._say(deed.text, deed.command, dict(deed.modes or {}), files=files)
            case script.Give():
                self._is_busy = True
                assert self._question is not None
                asked = self._question[2]
                await self._answer([await self._upload(each, ask_parent_id=asked) for each in deed.files])
            case script.Rate():
                [rated] = [step for step in self._steps.values() if step["output"] == deed.text][-1:]
                feedback = {"forId": rated["id"], "value": deed.value, "comment": deed.comment}
                await self._post("/feedback", {"feedback": feedback, "sessionId": self._session}, method="PUT")
            case script.Resume():
                await self._resume()
            case script.Begin():
                await self._say(deed.text, None, {})
            case script.Pick():
                groups = self._state["starterCategories"]
                starters = [each for group in groups for each in group["starters"]] or self._state["starters"]
                [starter] = [each for each in starters if each["label"] == deed.label]
                await self._say(starter["message"], starter.get("command"), {})
            case script.Change():
                form = self._state["settings"]
                values = form["values"] = {**form["values"], **values_by_id(form["inputs"], deed.values)}
                await self._emit("chat_settings_change", values)
            case script.Try():
                form = self._state["settings"]
                edited = {**form["values"], **values_by_id(form["inputs"], deed.values)}
                await self._emit("chat_settings_edit", edited)
            case script.Post():
                await self._emit("window_message", deed.data)
            case script.Stop():
                await self._emit("stop")
            case script.Press() if self._question is not None:
                self._is_busy = True
                await self._answer(self._button(deed.label))
            case script.Press():
                body = {"sessionId": self._session, "action": self._button(deed.label)}
                await self._post("/project/action", body)
            case script.Edit():
                [step] = [step for step in self._steps.values() if step["output"] == deed.old][-1:]
                shown = list(self._steps)
                for later in shown[shown.index(step["id"]) + 1 :]:
                    del self._steps[later]  # as Chainlit's page does, before it says so
                self._is_busy = True
                await self._emit("edit_message", {"message": {**step, "output": deed.new}})
            case _:
                raise AssertionError(f"Nobody can do this under Chainlit yet: {deed}")

    async def wait_for(self, condition: Callable[[View, bool], bool]) -> bool:
        """Wait until something is true of what is seen and of whether nothing goes on; return whether it did."""
        try:
            async with asyncio.timeout(LIMIT_S):
                while True:
                    self._changed.clear()
                    if condition(self.view(), not self._is_busy):
                        return True
                    await self._changed.wait()
        except TimeoutError:
            return False

    async def settle(self) -> None:
        """Wait until the server has answered something that was asked after all the rest."""
        self._asked += 1
        number = str(self._asked)
        assert self._socket is not None
        await self._socket.write_message(f'42{number}["fetch_favorites"]')
        async with asyncio.timeout(LIMIT_S):
            while number not in self._acknowledged:
                self._changed.clear()
                await self._changed.wait()

    def view(self) -> View:
        """Return what is seen now."""
        steps = [self._seen(step) for step in self._steps.values()]
        return View(
            steps=steps,
            question=None if self._question is None else QUESTION_KINDS[self._question[1]["type"]],
            around=around_of(self._state, is_empty=all(step.is_handler for step in steps)),
            passing=list(self._passing),
        )

    # ---- the protocol ------------------------------------------------------------------------------------------------

    def _on_message(self, message: str | bytes | None) -> None:
        if not isinstance(message, str):
            return
        if event := EVENT.match(message):
            name, *given = json.loads(event[2])
            self._on_event(name, given[0] if given else None, event[1])
        elif found := ACKNOWLEDGED.match(message):
            self._acknowledged.add(found[1])
        elif message == "2":
            self._write("3")
        elif message.startswith("40"):
            self._write('42["connection_successful"]')
        elif message.startswith("0"):
            auth = {"clientType": "webapp", "sessionId": self._session, "threadId": self._thread, "userEnv": "{}"}
            if self._profile is not None:
                auth["chatProfile"] = self._profile
            self._write("40" + json.dumps(auth))
        self._changed.set()

    def _on_event(self, name: str, given: Any, number: str) -> None:
        match name:
            case "new_message" | "stream_start" | "update_message":
                self._steps[given["id"]] = {**self._steps.get(given["id"], {}), **given}
            case "stream_token":
                step = self._steps[given["id"]]
                part = "input" if given["isInput"] else "output"
                step[part] = given["token"] if given["isSequence"] else (step.get(part) or "") + given["token"]
            case "delete_message":
                self._steps.pop(given["id"], None)
            case "element":
                self._elements[given["id"]] = given
                if given["type"] in (*CONTENTS_SEEN, "tasklist") and given.get("chainlitKey"):
                    reading = asyncio.ensure_future(self._read_content(given))
                    self._reading.add(reading)
                    reading.add_done_callback(self._reading.discard)
            case "remove_element":
                self._elements.pop(given["id"], None)
            case "action":
                self._actions[given["id"]] = given
            case "remove_action":
                self._actions.pop(given["id"], None)
            case "ask":
                self._steps[given["msg"]["id"]] = given["msg"]
                self._question = number, given["spec"], str(given["msg"]["parentId"])
                self._is_busy = False
            case "clear_ask" | "ask_timeout":
                self._question = None
            case "task_start":
                self._is_busy = True
            case "task_end":
                self._is_busy = False
            case "resume_thread":
                self._steps = {step["id"]: step for step in given["steps"]}
            case "set_sidebar_title":
                self._state["sidebar"] = {**self._state.get("sidebar", {}), "title": given}
            case "set_sidebar_elements" if not given["elements"]:
                self._state["sidebar"] = {}
            case "set_sidebar_elements":
                shown = self._state.get("sidebar", {})
                if given["key"] is None or given["key"] != shown.get("key"):
                    self._state["sidebar"] = {**shown, **given}
            case "set_commands":
                self._state["commands"] = given
            case "set_modes":
                self._state["modes"] = given
            case "chat_settings":
                fields = [each for field in given for each in field.get("inputs", [field])]
                self._state["settings"] = {"inputs": given, "values": {each["id"]: each["initial"] for each in fields}}
            case "clear_call_fn":
                self._greeted.set()  # the last of what a new connection is told
            case "toast":
                self._passing.append(passing("toast", {"kind": given["type"], "text": given["message"]}))
            case "token_usage" | "window_message":
                self._passing.append(passing(name, given))

    async def _sign_in(self) -> None:
        """Sign in where the app asks for it, by the headers of the request: whoever they are, the app lets them in."""
        if (await self._fetch("/auth/config"))["requireLogin"]:
            url = f"http://127.0.0.1:{self._port}/auth/header"
            answer = await AsyncHTTPClient().fetch(url, method="POST", body="")
            cookies = (cookie.partition(";")[0] for cookie in answer.headers.get_list("Set-Cookie"))
            self._headers["Cookie"] = "; ".join(cookies)

    async def _read_project(self) -> None:
        """Read what the browser's side of Chainlit reads before it connects, and choose a profile as that does."""
        chosen = "" if self._profile is None else f"&chat_profile={quote(self._profile)}"
        read = await self._fetch(f"/project/settings?language=en-US{chosen}")
        profiles = read["chatProfiles"]
        if profiles and self._profile is None:
            self._profile = next((each["name"] for each in profiles if each["default"]), profiles[0]["name"])
            await self._read_project()
            return
        self._state["profiles"] = [{**each, "displayName": each.get("display_name")} for each in profiles]
        self._state["starters"] = read["starters"]
        self._state["starterCategories"] = read["starterCategories"]

    async def _say(
        self, text: str, command: str | None, modes: dict[str, str], *, files: Sequence[dict[str, Any]] = ()
    ) -> None:
        self._is_busy = True
        offered = {mode["id"]: mode["options"] for mode in self._state.get("modes") or []}
        usual = {mode: next(each["id"] for each in offers if each["default"]) for mode, offers in offered.items()}
        step = {**self._own_step(text), "command": command, "modes": {**usual, **modes}}
        self._steps[step["id"]] = step
        await self._emit("client_message", {"message": step, "fileReferences": list(files)})

    async def _upload(self, file: script.Upload, *, ask_parent_id: str | None = None) -> dict[str, Any]:
        """Give a file, as a form in a browser does; return what refers to it."""
        asked = "" if ask_parent_id is None else f"&ask_parent_id={ask_parent_id}"
        head = f'Content-Disposition: form-data; name="file"; filename="{file.name}"\r\nContent-Type: {file.mime}'
        body = b"--part\r\n" + head.encode() + b"\r\n\r\n" + file.content + b"\r\n--part--\r\n"
        request = HTTPRequest(
            f"http://127.0.0.1:{self._port}/project/file?session_id={self._session}{asked}",
            method="POST",
            headers={"Content-Type": "multipart/form-data; boundary=part", **self._headers},
            body=body,
        )
        given = json.loads((await AsyncHTTPClient().fetch(request)).body)
        return {"id": given["id"]}

    async def _resume(self) -> None:
        """Leave, and come back to the conversation in another session."""
        assert self._socket is not None
        self._socket.close()
        self._thread = next(step["threadId"] for step in self._steps.values() if step.get("threadId"))
        self._session = str(uuid4())
        self._steps.clear()
        self._greeted.clear()
        await self._connect()

    async def _read_content(self, element: dict[str, Any]) -> None:
        """Fetch what an element shows; until then it is seen without."""
        path = f"/project/file/{element['chainlitKey']}?session_id={self._session}"
        request = HTTPRequest(f"http://127.0.0.1:{self._port}{path}", headers=self._headers)
        content = (await AsyncHTTPClient().fetch(request)).body
        if self._elements.get(element["id"]) is not element:
            return  # It has changed meanwhile, and what it shows now may have come first.
        if element["type"] == "tasklist":
            self._state["tasks"] = json.loads(content)
        else:
            self._contents[element["id"]] = digest(content)
        self._changed.set()

    async def _fetch(self, path: str) -> Any:
        request = HTTPRequest(f"http://127.0.0.1:{self._port}{path}", headers=self._headers)
        return json.loads((await AsyncHTTPClient().fetch(request)).body)

    async def _answer(self, answer: Any) -> None:
        assert self._question is not None
        assert self._socket is not None
        number, *_ = self._question
        self._question = None
        await self._socket.write_message(f"43{number}{json.dumps([answer])}")

    async def _emit(self, name: str, *given: Any) -> None:
        assert self._socket is not None
        await self._socket.write_message("42" + json.dumps([name, *given]))

    def _write(self, text: str) -> None:
        assert self._socket is not None
        self._socket.write_message(text)

    async def _post(self, path: str, body: dict[str, Any], *, method: str = "POST") -> Any:
        request = HTTPRequest(
            f"http://127.0.0.1:{self._port}{path}",
            method=method,
            headers={"Content-Type": "application/json", **self._headers},
            body=json.dumps(body),
        )
        return json.loads((await AsyncHTTPClient().fetch(request)).body)

    # ---- what is shown -----------------------------------------------------------------------------------------------

    def _own_step(self, text: str) -> dict[str, Any]:
        step = {
            "id": str(uuid4()),
            "threadId": "",
            "type": "user_message",
            "name": "You",
            "output": text,
            "createdAt": "2026-01-01T00:00:00.000Z",
        }
        self._steps[str(step["id"])] = step
        return step

    def _button(self, label: str) -> dict[str, Any]:
        return [each for each in self._actions.values() if (each["label"] or each["name"]) == label][-1]

    def _seen(self, step: dict[str, Any]) -> SeenStep:
        elements = [each for each in self._elements.values() if each.get("forId") == step["id"]]
        actions = [each for each in self._actions.values() if each.get("forId") == step["id"]]
        return SeenStep(
            id=step["id"],
            type=step["type"],
            author=step["name"] if step.get("command") is None else f"{step['name']} /{step['command']}",
            text=step.get("output") or "",
            input=(step.get("input") or "") if step.get("showInput") else "",
            parent=step.get("parentId"),
            is_error=bool(step.get("isError")),
            language=step.get("language"),
            elements=tuple(
                SeenElement(each["type"], each["name"], each["display"], self._contents.get(each["id"], ""))
                for each in elements
            ),
            buttons=tuple(each["label"] or each["name"] for each in actions),
        )
