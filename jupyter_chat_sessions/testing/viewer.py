"""A scripted viewer, where it is, and what it hears."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextvars import ContextVar, Token
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import msgspec

from ..embedded import EmbeddedHub
from ..host.app import App, RunOn
from ..host.current import current_runtime
from ..host.link import Link
from ..host.runtime import Runtime
from ..host.session import BaseSession
from ..hub.access import Principal
from ..hub.attachment import Attachment
from ..hub.hub import Hub, NewSession
from ..hub.options import HubOptions
from ..protocol.errors import ChatSessionsError, ProtocolError
from ..protocol.frames import (
    MAX_HOST_BYTES,
    MAX_VIEWER_BYTES,
    Call,
    CallName,
    ChannelSettings,
    Decoder,
    EditMessage,
    EndSession,
    GiveEnv,
    Hello,
    HubFrame,
    PressAction,
    Retry,
    SendAnswer,
    SendMessage,
    Signal,
    Stop,
    UserInfo,
    ViewerCommand,
    ViewerFrame,
    encode,
    join,
)
from ..protocol.steps import Action, Element, Question, Step
from ..protocol.viewing import Viewing

DEFAULT_TIMEOUT_S = 10.0

_stage: ContextVar[Stage | None] = ContextVar("chat_stage", default=None)


class Stage:
    """A hub and a host in this process, for the viewers in its body.

    Args:
        app: The handlers; by default those that this process has registered with `@cl.on_message` and the like.
        channel: The chat's name.
        required_env: Variables that each viewer has to give.
        run_on: `notebook` runs async handlers on this loop, `thread` on one of their own.
        when_busy: What a message does while another runs: `queue`, `reject` or `interrupt`.
        options: The hub's limits; by default those of a server, but viewers may write as fast as they like.

    Example:
        >>> async with Stage(), Viewer("Alice") as alice, Viewer("Bob") as bob:
        ...     await alice.say("Hello")
    """

    def __init__(
        self,
        app: App | None = None,
        *,
        channel: str = "test",
        required_env: list[str] | None = None,
        run_on: RunOn = "notebook",
        when_busy: str = "queue",
        options: HubOptions | None = None,
    ) -> None:
        self.runtime = Runtime(app=app or current_runtime().app)
        self.channel = channel
        self.embedded = EmbeddedHub(options=options or HubOptions(messages_per_minute=0))
        self._settings = ChannelSettings(
            name=channel,
            title=channel,
            required_env=required_env or [],
            when_busy=when_busy,  # type: ignore[arg-type]  # a wrong word is refused by the hub's decoder
        )
        self._run_on: RunOn = run_on
        self._token: Token[Stage | None] | None = None

    async def __aenter__(self) -> Self:
        self.runtime.connect(self.embedded.dial)
        await self._publish()
        self._token = _stage.set(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            _stage.reset(self._token)
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()

        def on_session_ended(session: BaseSession) -> None:
            loop.call_soon_threadsafe(ended.set)

        self.runtime.on_session_ended = on_session_ended
        self.runtime.unpublish(self.channel)
        while self.runtime.sessions:
            await asyncio.wait_for(ended.wait(), DEFAULT_TIMEOUT_S)
            ended.clear()
        await asyncio.to_thread(self.runtime.close)
        await self.runtime.wait_ended(loop)

    async def restart_host(self) -> None:
        """Let the host die and start again, as when a kernel is restarted and its cells are run again.

        What runs is interrupted, the handlers are kept, `user_session` has what can be restored, and `on_chat_resume`
        runs for each session.

        Example:
            >>> async with Stage() as stage, Viewer("Alice") as alice:
            ...     await alice.say("My name is Alice")
            ...     await stage.restart_host()
            ...     await alice.say("What is my name?")
        """
        self.runtime = await asyncio.wrap_future(self.link.call(self.runtime.restarted()))
        await self._publish()
        await self._publish()  # The sessions come after the first answer, and before the second.

    @property
    def link(self) -> Link:
        """The link; its loop is the hub's."""
        if self.runtime.link is None:
            raise ChatSessionsError("The stage is not open: use it in `async with`.")
        return self.runtime.link

    async def _publish(self) -> None:
        published = self.runtime.publish(self._settings, loop=asyncio.get_running_loop(), run_on=self._run_on)
        await asyncio.wait_for(asyncio.wrap_future(published), DEFAULT_TIMEOUT_S)


@dataclass(frozen=True)
class Reply:
    """What a viewer heard after it said something.

    Attributes:
        steps: Every step that came, the viewer's own left out.
        question: The question that waits for an answer now, or None.
    """

    steps: list[Step]
    question: Question | None

    @property
    def content(self) -> str:
        """The text of the last message; empty when none came. Intermediate steps are none."""
        messages = [step for step in self.steps if step.is_message]
        return messages[-1].output if messages else ""

    @property
    def elements(self) -> list[Element]:
        """The elements that came with them, in order."""
        return [element for step in self.steps for element in step.elements]

    def __str__(self) -> str:
        return self.content


class Viewer:
    """Somebody who looks at the chat, from a test.

    Entering waits until `on_chat_start` is done or asks something; leaving ends the session.

    Args:
        name: The user's identifier and display name.
        profile: The chat profile that the viewer chooses; by default none, and so the chat's default.
        user_env: The variables that the viewer gives when the chat asks for them.
        language: The viewer's language tag.
        is_owner: Show tracebacks.
        stage: Where; by default the stage around, or one of its own.

    Example:
        >>> async with Viewer("Alice") as alice:
        ...     reply = await alice.say("Hello")
        ...     reply.content
        'You said: Hello'
    """

    def __init__(
        self,
        name: str = "Viewer",
        *,
        profile: str | None = None,
        user_env: dict[str, str] | None = None,
        language: str = "en-US",
        is_owner: bool = False,
        stage: Stage | None = None,
    ) -> None:
        self.name = name
        self._profile = profile
        self._given_env = user_env or {}
        self._language = language
        self._principal = Principal(
            key=f"test:{name}", user=UserInfo(identifier=name, display_name=name), is_owner=is_owner
        )
        self._stage = stage
        self._own_stage: Stage | None = None
        self._line: _Line | None = None
        self._changed = asyncio.Event()
        self._secret = ""
        self.frames: list[HubFrame] = []
        """Every frame that came, for tests of the wire."""

    async def __aenter__(self) -> Self:
        stage = self._stage or _stage.get()
        if stage is None:
            stage = self._own_stage = await Stage().__aenter__()
        self._stage = stage
        await self._begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._line is not None and self.viewing.bye is None:
            self._line.send(EndSession())
            await self._until(lambda: self.viewing.bye is not None, "the session to end")
        if self._own_stage is not None:
            await self._own_stage.__aexit__(kind, error, trace)

    # ---- doing -------------------------------------------------------------------------------------------------------

    async def say(
        self,
        text: str,
        *,
        command: str | None = None,
        modes: dict[str, str] | None = None,
        files: Sequence[str | Path] = (),
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> Reply:
        """Say something and wait until it is answered: until nothing runs, or a question waits.

        A question that waits is answered with the text; otherwise it is a message.

        Args:
            text: What to say.
            command: One of `commands`, which the message is marked with.
            modes: The option that is chosen of each mode; the defaults for those that are left out.
            files: What goes with it: paths of files, or ids from `upload`.
            timeout_s: Seconds to wait.

        Raises:
            TimeoutError: It was not answered in time.
            ChatSessionsError: It was refused.

        Example:
            >>> reply = await alice.say("What is in it?", files=[Path("notes.txt")])
        """
        given = [file if isinstance(file, str) else await self.upload(file) for file in files]
        return await self._answered(
            lambda: self.send(text, command=command, modes=modes, files=given), timeout_s=timeout_s
        )

    def send(
        self,
        text: str,
        *,
        command: str | None = None,
        modes: dict[str, str] | None = None,
        files: Sequence[str] = (),
    ) -> str:
        """Say something, with the ids of what was uploaded, and do not wait; return its client id."""
        client_id = str(uuid4())
        question = self.question
        if question is not None:
            self._command(SendAnswer(client_id=client_id, question_id=question.id, text=text, files=list(files)))
        else:
            self._command(
                SendMessage(client_id=client_id, text=text, command=command, modes=modes or {}, files=list(files))
            )
        return client_id

    async def upload(self, content: str | Path | bytes, *, name: str | None = None, mime: str = "") -> str:
        """Give a file, for the question that waits if it is answered with files, else for the next message.

        Args:
            content: The path of a file, or bytes.
            name: What it is called; the file's own name by default.
            mime: Its MIME type; by default the one that its name says.

        Returns:
            Its id, for `say` and `answer_files`.

        Raises:
            RefusedError: It is not taken; the error says why.
            OSError: The file cannot be read.

        Example:
            >>> notes = await alice.upload(b"Some text", name="notes.txt")
            >>> await alice.say("Here they are", files=[notes])
        """
        data = content if isinstance(content, bytes) else await asyncio.to_thread(Path(content).read_bytes)
        called = name or ("file" if isinstance(content, bytes) else Path(content).name)
        question = self.question
        question_id = question.id if question is not None and question.kind == "file" else None
        hub = self._required_stage.embedded.hub

        async def give() -> str:
            session = hub.session(self._principal, self.session_id, self._secret)
            upload = session.files.begin_upload(name=called, mime=mime, size=len(data), question_id=question_id)
            upload.write(data)
            upload.finish()
            return upload.id

        return await asyncio.wrap_future(self._required_stage.link.call(give()))

    async def answer_files(self, files: Sequence[str | Path], *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Reply:
        """Answer the question that waits for files, and wait until that is answered.

        Args:
            files: Paths of files, or ids from `upload`.
            timeout_s: Seconds to wait.

        Raises:
            TimeoutError: It was not answered in time.
            ChatSessionsError: No question waits for files, or they were refused.
        """
        if self.question is None or self.question.kind != "file":
            raise ChatSessionsError("No question waits for files.")
        return await self.say("", files=files, timeout_s=timeout_s)

    async def edit(self, step: Step, text: str, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Reply:
        """Change a message of this viewer's, and wait until it is answered anew; what was said after it is gone.

        Args:
            step: The message, from `steps`.
            text: What it says now.
            timeout_s: Seconds to wait.

        Raises:
            TimeoutError: It was not answered in time.
            ChatSessionsError: It was refused.
        """
        return await self._answered(
            lambda: self._command(EditMessage(client_id=str(uuid4()), step_id=step.id, text=text)), timeout_s=timeout_s
        )

    async def press(self, button: Action | str, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Reply:
        """Press a button, and wait until what it does is done, or a question waits.

        A button of a question answers it.

        Args:
            button: One of `actions`, or its label; of several with the label the newest.
            timeout_s: Seconds to wait.

        Raises:
            TimeoutError: It was not done in time.
            ChatSessionsError: There is no such button, or it was refused.

        Example:
            >>> await alice.press("Yes")
        """
        shown = self.actions
        found = [each for each in shown if button in (each, each.label or each.name)]
        if not found:
            labels = ", ".join(repr(each.label or each.name) for each in shown)
            raise ChatSessionsError(f"There is no button {button!r}; shown are: {labels or 'none'}.")
        action = found[-1]
        [step_id] = [step.id for step in self.steps if action in step.actions][-1:]
        return await self._answered(lambda: self._press(step_id, action), timeout_s=timeout_s)

    async def change_settings(self, values: dict[str, Any], *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Reply:
        """Save settings, and wait until what runs for that is done, or a question waits.

        Args:
            values: What to change, by the ids of the fields; the others stay as they are.
            timeout_s: Seconds to wait.

        Raises:
            TimeoutError: It was not done in time.
            ChatSessionsError: There are no settings, or it was refused.

        Example:
            >>> await alice.change_settings({"temperature": 0.2})
        """
        self._required_form()
        return await self._answered(lambda: self._call("on_settings_update", values), timeout_s=timeout_s)

    async def edit_settings(self, values: dict[str, Any], *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Reply:
        """Edit settings without saving them, and wait until `on_settings_edit` is done.

        Args:
            values: What is edited, by the ids of the fields.
            timeout_s: Seconds to wait.

        Raises:
            TimeoutError: It was not done in time.
            ChatSessionsError: There are no settings, or it was refused.
        """
        self._required_form()
        return await self._answered(lambda: self._call("on_settings_edit", values), timeout_s=timeout_s)

    async def start(self, label: str, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Reply:
        """Press a starter, and wait until what it says is answered.

        Args:
            label: The label of one of `starters`.
            timeout_s: Seconds to wait.

        Raises:
            TimeoutError: It was not answered in time.
            ChatSessionsError: There is no such starter.

        Example:
            >>> await alice.start("Tell a joke")
        """
        found = [each for each in self.starters if each["label"] == label]
        if not found:
            labels = ", ".join(repr(each["label"]) for each in self.starters)
            raise ChatSessionsError(f"There is no starter {label!r}; shown are: {labels or 'none'}.")
        return await self.say(found[0]["message"], command=found[0]["command"], timeout_s=timeout_s)

    async def choose_profile(self, name: str) -> None:
        """Choose a chat profile: end this session and begin another with it.

        Args:
            name: The name of one of `profiles`.

        Raises:
            ChatSessionsError: There is no such profile.

        Example:
            >>> await alice.choose_profile("Fast")
        """
        names = [each["name"] for each in self.profiles]
        if name not in names:
            shown = ", ".join(map(repr, names)) or "none"
            raise ChatSessionsError(f"There is no profile {name!r}; shown are: {shown}.")
        self._profile = name
        await self.new_chat()

    async def rate(
        self, step: Step, value: int | None, *, comment: str | None = None, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> Reply:
        """Rate a message, and wait until `on_feedback` has run.

        Args:
            step: The message, from `steps`.
            value: 1 for thumbs up, 0 for thumbs down; None takes the rating back.
            comment: What the viewer says about it.
            timeout_s: Seconds to wait.

        Raises:
            TimeoutError: It was not done in time.
            ChatSessionsError: It was refused: only what the bot says can be rated.

        Example:
            >>> reply = await alice.say("Hello")
            >>> await alice.rate(reply.steps[-1], 1, comment="Friendly.")
        """
        said = None if value is None else {"value": value, "comment": comment}
        return await self._answered(lambda: self._call("on_feedback", said, about=step.id), timeout_s=timeout_s)

    async def post_window_message(self, data: Any, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Reply:
        """Say something as the window around the chat does, and wait until `on_window_message` has run.

        Args:
            data: Anything that is JSON.
            timeout_s: Seconds to wait.

        Raises:
            TimeoutError: It was not done in time.
            ChatSessionsError: It was refused.
        """
        return await self._answered(lambda: self._call("on_window_message", data), timeout_s=timeout_s)

    def retry(self, step: Step) -> str:
        """Press Retry on an interrupted message and do not wait; return the command's client id."""
        client_id = str(uuid4())
        self._command(Retry(client_id=client_id, step_id=step.id))
        return client_id

    def stop(self) -> None:
        """Press Stop."""
        self._open_line.send(Stop())

    def give_env(self, values: dict[str, str]) -> None:
        """Give the variables that the chat asks for."""
        self._command(GiveEnv(client_id=str(uuid4()), values=values))

    async def disconnect(self) -> None:
        """Lose the connection; the session goes on."""
        await self._open_line.aclose()
        self._line = None
        self.viewing.disconnected()

    async def reconnect(self) -> None:
        """Come back, and be given what was missed."""
        await self._attach()

    async def new_chat(self) -> None:
        """End this session and begin another."""
        self._open_line.send(EndSession())
        await self._until(lambda: self.viewing.bye is not None, "the session to end")
        await self._begin()

    async def wait_for(self, condition: Callable[[], bool], *, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        """Wait until something is true of what the viewer sees; it is looked at after each frame.

        Args:
            condition: Returns whether it is true.
            timeout_s: Seconds to wait.

        Raises:
            TimeoutError: It did not become true in time.
            ChatSessionsError: Something that this viewer said was refused meanwhile.
        """

        def is_so() -> bool:
            # First: what was refused is answered, too, and would pass for quiet.
            if self.viewing.refused:
                raise ChatSessionsError(self.viewing.refused.pop().text)
            return condition()

        await self._until(is_so, "what the test waits for", timeout_s=timeout_s)

    # ---- seeing ------------------------------------------------------------------------------------------------------

    @property
    def steps(self) -> list[Step]:
        """Every step of the conversation, in order."""
        return self.viewing.conversation.steps

    @property
    def transcript(self) -> list[tuple[str, str]]:
        """Author and text of each step, in order."""
        return [(step.name, step.output) for step in self.steps]

    @property
    def question(self) -> Question | None:
        """The question that has waited longest for an answer, or None."""
        questions = self.viewing.conversation.questions
        return questions[0] if questions else None

    @property
    def actions(self) -> list[Action]:
        """The buttons that can be pressed, in order."""
        return [action for step in self.steps for action in step.actions]

    @property
    def profiles(self) -> list[dict[str, Any]]:
        """The chat profiles to choose from, as `docs/protocol.md` has them; `profile` is the one that is chosen."""
        return self.state.get("profiles") or []

    @property
    def profile(self) -> str | None:
        """The name of the chosen chat profile, or None where there is none."""
        return self.state.get("profile")

    @property
    def starters(self) -> list[dict[str, Any]]:
        """What an empty conversation offers; where there are categories, what is in those."""
        categories = self.state.get("starterCategories") or []
        return [each for part in categories for each in part["starters"]] or self.state.get("starters") or []

    @property
    def commands(self) -> list[dict[str, Any]]:
        """What a message can be marked with."""
        return self.state.get("commands") or []

    @property
    def modes(self) -> list[dict[str, Any]]:
        """What can be chosen for a message."""
        return self.state.get("modes") or []

    @property
    def toasts(self) -> list[tuple[str, str]]:
        """Type and text of each notice that was shown, in order."""
        return [(each["kind"], each["text"]) for each in self._signals("toast")]

    @property
    def window_messages(self) -> list[Any]:
        """What the window around the chat was sent, in order."""
        return self._signals("window_message")

    @property
    def elements(self) -> list[Element]:
        """The elements that stand with messages and steps, in order."""
        return [element for step in self.steps for element in step.elements]

    @property
    def sidebar(self) -> list[Element]:
        """The elements in the side panel; empty where it is closed. Its title is in `state["sidebar"]`."""
        return [msgspec.convert(each, Element) for each in (self.state.get("sidebar") or {}).get("elements", [])]

    @property
    def tasks(self) -> list[tuple[str, str]]:
        """Title and status of each task in the list that is shown, in order."""
        return [(task["title"], task["status"]) for task in (self.state.get("tasks") or {}).get("tasks", [])]

    async def read(self, element: Element) -> bytes:
        """Return what an element shows, as a browser fetches it.

        Args:
            element: One of `elements`, or of `sidebar`.

        Raises:
            ChatSessionsError: Its content is not with the hub, or not in this session.

        Example:
            >>> reply = await alice.say("Draw a cat")
            >>> await alice.read(reply.elements[0])
            b'GIF89a...'
        """
        stage = self._required_stage

        async def read() -> bytes:
            if element.file is None:
                raise ChatSessionsError(f"The content of {element.name!r} is not with the hub: url is {element.url!r}.")
            session = stage.embedded.hub.session(self._principal, self.session_id, self._secret)
            return session.files.path(element.file).read_bytes()

        return await asyncio.wrap_future(stage.link.call(read()))

    @property
    def state(self) -> dict[str, Any]:
        """The session's state; its keys stand in `docs/protocol.md`."""
        return self.viewing.conversation.state

    @property
    def settings(self) -> dict[str, Any]:
        """The settings as the form shows them, by the ids of their fields; empty where there are none."""
        shown: dict[str, Any] = self.state.get("settings", {}).get("values", {})
        return shown

    @property
    def settings_form(self) -> list[dict[str, Any]]:
        """The fields and tabs of the form, with Chainlit's keys; empty where there are none."""
        shown: list[dict[str, Any]] = self.state.get("settings", {}).get("inputs", [])
        return shown

    @property
    def session_id(self) -> str:
        """The session's id."""
        return self.viewing.session

    # ---- private -----------------------------------------------------------------------------------------------------

    async def _begin(self) -> None:
        stage = self._required_stage
        request = NewSession(
            channel=stage.channel, language=self._language, chat_profile=self._profile, user_env=self._given_env
        )

        async def create() -> Viewing:
            created = stage.embedded.hub.create_session(self._principal, request)
            self._secret = created.secret
            return Viewing(created.session, created.secret)

        self.viewing = await asyncio.wrap_future(stage.link.call(create()))
        await self._attach()
        if not self.state.get("missingEnv"):
            await self._until(self._has_started, "on_chat_start")

    async def _attach(self) -> None:
        stage = self._required_stage
        line = _Line(stage, on_frame=self._on_frame)
        self._line = line
        hello = self.viewing.hello()
        await asyncio.wrap_future(stage.link.call(line.attach(stage.embedded.hub, self._principal, hello)))
        await self._until(lambda: self.viewing.welcome is not None, "the welcome")

    async def _answered(self, act: Callable[[], object], *, timeout_s: float) -> Reply:
        """Do something, and return what is heard until nothing runs or a question waits."""
        before = {step.id: step for step in self.steps}
        act()
        await self.wait_for(lambda: self.viewing.is_quiet, timeout_s=timeout_s)
        heard = [
            step
            for step in self.steps
            if not step.is_from_viewer and (step.id not in before or _said(before[step.id]) != _said(step))
        ]
        return Reply(steps=heard, question=self.question)

    def _press(self, step_id: str, action: Action) -> None:
        client_id = str(uuid4())
        for question in self.viewing.conversation.questions:
            if question.step_id == step_id and question.kind == "action":
                self._command(SendAnswer(client_id=client_id, question_id=question.id, text="", action_id=action.id))
                return
        self._command(PressAction(client_id=client_id, step_id=step_id, action_id=action.id))

    def _call(self, name: CallName, value: Any, *, about: str | None = None) -> str:
        client_id = str(uuid4())
        self._command(Call(client_id=client_id, name=name, about=about, value=value))
        return client_id

    def _required_form(self) -> list[dict[str, Any]]:
        if not self.settings_form:
            raise ChatSessionsError("This chat shows no settings.")
        return self.settings_form

    def _signals(self, kind: str) -> list[Any]:
        return [frame.data for frame in self.frames if isinstance(frame, Signal) and frame.kind == kind]

    def _command(self, command: ViewerCommand) -> None:
        for frame in self.viewing.command(command):
            self._open_line.send(frame)

    def _on_frame(self, line: _Line, frame: HubFrame) -> None:
        if line is not self._line:
            return
        self.frames.append(frame)
        _, answers = self.viewing.receive(frame)
        for answer in answers:
            line.send(answer)
        self._changed.set()

    async def _until(self, condition: Callable[[], bool], what: str, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise TimeoutError(f"{self.name} waited {timeout_s:g} s in vain for {what}.") from None

    def _has_started(self) -> bool:
        return bool(self.state.get("started")) or self.question is not None

    @property
    def _required_stage(self) -> Stage:
        if self._stage is None:
            raise ChatSessionsError("This viewer is not here: use it in `async with`.")
        return self._stage

    @property
    def _open_line(self) -> _Line:
        if self._line is None:
            raise ChatSessionsError("This viewer is not connected.")
        return self._line


def _said(step: Step) -> tuple[str, list[Element]]:
    """Return what makes a step of earlier on part of a reply: that it says or shows something else now."""
    return step.output, step.elements


class _Line:
    """A viewer's connection: frames go to the hub's loop, and come back to the test's, encoded both ways."""

    def __init__(self, stage: Stage, *, on_frame: Callable[[_Line, HubFrame], None]) -> None:
        self.attachment: Attachment | None = None
        self._hub_loop = stage.link.loop
        self._loop = asyncio.get_running_loop()
        self._on_frame = on_frame
        self._read_viewer = Decoder(ViewerFrame, max_bytes=MAX_VIEWER_BYTES)
        self._read_hub = Decoder(HubFrame, max_bytes=MAX_HOST_BYTES)

    async def attach(self, hub: Hub, principal: Principal, hello: Hello) -> None:
        """Join the session. On the hub's loop."""
        self.attachment = hub.attach(principal, hello, _Outlet(self._loop, self._arrive))

    def send(self, frame: ViewerFrame) -> None:
        """Send a frame of the viewer's."""
        for read in self._read_viewer.frames(join([encode(frame)])):
            self._hub_loop.call_soon_threadsafe(self._deliver, read)

    async def aclose(self) -> None:
        """Go away."""

        async def detach() -> None:
            if self.attachment is not None:
                self.attachment.detach()

        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(detach(), self._hub_loop))

    def _deliver(self, frame: ViewerFrame | ProtocolError) -> None:
        if self.attachment is not None:
            self.attachment.receive(frame)

    def _arrive(self, frame: bytes) -> None:
        for read in self._read_hub.frames(join([frame])):
            if isinstance(read, ProtocolError):
                raise read
            self._on_frame(self, read)


class _Outlet:
    """The hub's end of a viewer's connection."""

    def __init__(self, loop: asyncio.AbstractEventLoop, arrive: Callable[[bytes], None]) -> None:
        self._loop = loop
        self._arrive = arrive

    def send(self, frame: bytes) -> None:
        self._loop.call_soon_threadsafe(self._arrive, frame)

    def close(self, code: int, reason: str) -> None:
        """The `bye` before it says all."""
