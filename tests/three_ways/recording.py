"""The first way: a scripted viewer plays a script; what it sees is what the other ways are held to."""

from __future__ import annotations

import asyncio
import os
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Thread

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.app_file import AppFile
from jupyter_chat_sessions.host.app import App
from jupyter_chat_sessions.host.current import use_app, use_runtime
from jupyter_chat_sessions.host.runtime import Runtime
from jupyter_chat_sessions.protocol.frames import Signal
from jupyter_chat_sessions.protocol.steps import Step
from jupyter_chat_sessions.testing import Stage, Viewer

from . import script
from .around import around_of, passing, values_by_id
from .view import CONTENTS_SEEN, SeenElement, SeenStep, View, digest

APPS = Path(__file__).parents[1] / "apps"
LARGE = ["workshop"]
"""Apps whose library has half a gigabyte: `make test-semantic-kernel` runs them, in environments that have it."""
IS_LARGE = os.environ.get("CHAT_TEST_APPS") == "large"
NAMES = LARGE if IS_LARGE else sorted({path.stem for path in APPS.glob("*.py")} - set(LARGE))


def script_of(name: str) -> script.Script:
    """Return what is done in an app."""
    found: script.Script = import_module(f".{name}", "apps.scripts").SCRIPT
    return found


@cache
def recorded(name: str) -> list[View]:
    """Return what a scripted viewer sees after each deed of an app's script."""
    views: list[View] = []
    failures: list[BaseException] = []

    def play() -> None:
        try:
            with use_runtime(Runtime()) as runtime:
                views.extend(asyncio.run(_play(name)))
                runtime.close()
        except BaseException as failure:
            failures.append(failure)

    # On a thread of its own: where a browser is driven, this thread has a loop already.
    thread = Thread(target=play)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return views


async def _play(name: str) -> list[View]:
    app = AppFile(APPS / f"{name}.py").load()
    try:
        async with Stage(app) as stage:
            actor = Actor(stage)
            try:
                return [await actor.do(deed) for deed in script_of(name)]
            finally:
                await actor.leave()
    finally:
        _take_back(app)


def _take_back(app: App) -> None:
    """Leave what an app has instrumented as it was: the libraries' own tests may come next in this process."""
    with use_app(app):
        for library, instrument in (("openai", cl.instrument_openai), ("mistralai", cl.instrument_mistralai)):
            if library in sys.modules:
                instrument().undo()


class Actor:
    """A scripted viewer that does what a script says."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._contents: dict[str, str] = {}
        self._viewer: Viewer | None = None

    async def do(self, deed: script.Deed) -> View:
        """Do something, and return what is seen once it is answered."""
        if isinstance(deed, script.Arrive):
            await self.leave()
            self._viewer = await Viewer("You", is_owner=True).__aenter__()
            if deed.profile is not None:
                await self._viewer.choose_profile(deed.profile)
            return self._view(0)
        viewer = self.viewer
        heard = len(viewer.frames)
        match deed:
            case script.Say():
                modes = dict(deed.modes) if deed.modes else None
                files = [await self._upload(each) for each in deed.files]
                await viewer.say(deed.text, command=deed.command, modes=modes, files=files)
            case script.Give():
                await viewer.answer_files([await self._upload(each) for each in deed.files])
            case script.Rate():
                [rated] = [step for step in viewer.steps if step.output == deed.text][-1:]
                await viewer.rate(rated, deed.value, comment=deed.comment)
            case script.Resume():
                # Another host takes the conversation on, as one does in which it is opened again.
                await self._stage.restart_host()
                await viewer.wait_for(lambda: viewer.viewing.is_quiet)
            case script.Pick():
                await viewer.start(deed.label)
            case script.Change():
                await viewer.change_settings(values_by_id(viewer.settings_form, deed.values))
            case script.Try():
                await viewer.edit_settings(values_by_id(viewer.settings_form, deed.values))
            case script.Post():
                await viewer.post_window_message(deed.data)
            case script.Begin():
                viewer.send(deed.text)
                await viewer.wait_for(lambda: deed.hears in self._view(heard).newest_text())
            case script.Stop():
                viewer.stop()
                await self._until_heard(deed, heard)
            case script.Wait():
                await self._until_heard(deed, heard)
            case script.Press():
                await viewer.press(deed.label)
            case script.Edit():
                [step] = [step for step in viewer.steps if step.type == "user_message" and step.output == deed.old][-1:]
                await viewer.edit(step, deed.new)
            case _:
                raise AssertionError(f"No scripted viewer can do this yet: {deed}")
        await self._read_contents()
        return self._view(heard)

    async def _upload(self, file: script.Upload) -> str:
        return await self.viewer.upload(file.content, name=file.name, mime=file.mime)

    async def _read_contents(self) -> None:
        for element in (*self.viewer.elements, *self.viewer.sidebar):
            if element.id not in self._contents and element.type in CONTENTS_SEEN:
                self._contents[element.id] = digest(await self.viewer.read(element))

    async def _until_heard(self, deed: script.Deed, heard: int) -> None:
        viewer = self.viewer
        await viewer.wait_for(lambda: viewer.viewing.is_quiet and deed.hears in self._view(heard).newest_text())

    async def leave(self) -> None:
        """Close the chat."""
        if self._viewer is not None:
            await self._viewer.__aexit__(None, None, None)
            self._viewer = None

    @property
    def viewer(self) -> Viewer:
        """The one who looks now."""
        assert self._viewer is not None, "A script begins with Arrive()."
        return self._viewer

    def _view(self, heard: int) -> View:
        viewer = self.viewer
        question = viewer.question
        signals = [frame for frame in viewer.frames[heard:] if isinstance(frame, Signal)]
        return View(
            steps=[self._seen(step) for step in viewer.steps if not step.is_call],
            question=None if question is None else question.kind,
            around=around_of(viewer.state, is_empty=not viewer.steps),
            passing=[passing(signal.kind, signal.data) for signal in signals],
        )

    def _seen(self, step: Step) -> SeenStep:
        return SeenStep(
            id=step.id,
            type=step.type,
            author=step.name if step.command is None else f"{step.name} /{step.command}",
            text=step.output,
            input=step.input if step.show_input else "",
            parent=step.parent_id,
            is_error=step.is_error,
            language=step.language,
            elements=tuple(
                SeenElement(each.type, each.name, each.display, self._contents.get(each.id, ""))
                for each in step.elements
            ),
            buttons=tuple(action.label or action.name for action in step.actions),
        )
