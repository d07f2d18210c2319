"""The first way: a scripted viewer plays a script; what it sees is what the other ways are held to."""

from __future__ import annotations

import asyncio
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Thread

from jupyter_chat_sessions.app_file import AppFile
from jupyter_chat_sessions.host.current import use_runtime
from jupyter_chat_sessions.host.runtime import Runtime
from jupyter_chat_sessions.protocol.frames import Signal
from jupyter_chat_sessions.protocol.steps import Step
from jupyter_chat_sessions.testing import Stage, Viewer

from .around import around_of, passing
from .script import Arrive, Begin, Change, Deed, Edit, Pick, Post, Press, Say, Script, Stop, Try, Wait
from .view import SeenStep, View

APPS = Path(__file__).parents[1] / "apps"
NAMES = sorted(path.stem for path in APPS.glob("*.py"))


def script_of(name: str) -> Script:
    """Return what is done in an app."""
    script: Script = import_module(f".{name}", "apps.scripts").SCRIPT
    return script


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
    async with Stage(AppFile(APPS / f"{name}.py").load()):
        actor = Actor()
        try:
            return [await actor.do(deed) for deed in script_of(name)]
        finally:
            await actor.leave()


class Actor:
    """A scripted viewer that does what a script says."""

    def __init__(self) -> None:
        self._viewer: Viewer | None = None

    async def do(self, deed: Deed) -> View:
        """Do something, and return what is seen once it is answered."""
        if isinstance(deed, Arrive):
            await self.leave()
            self._viewer = await Viewer("You", is_owner=True).__aenter__()
            if deed.profile is not None:
                await self._viewer.choose_profile(deed.profile)
            return self._view(0)
        viewer = self.viewer
        heard = len(viewer.frames)
        match deed:
            case Say():
                await viewer.say(deed.text, command=deed.command, modes=dict(deed.modes) if deed.modes else None)
            case Pick():
                await viewer.start(deed.label)
            case Change():
                await viewer.change_settings(dict(deed.values))
            case Try():
                await viewer.edit_settings(dict(deed.values))
            case Post():
                await viewer.post_window_message(deed.data)
            case Begin():
                viewer.send(deed.text)
                await viewer.wait_for(lambda: deed.hears in self._view(heard).newest_text())
            case Stop():
                viewer.stop()
                await self._until_heard(deed, heard)
            case Wait():
                await self._until_heard(deed, heard)
            case Press():
                await viewer.press(deed.label)
            case Edit():
                [step] = [step for step in viewer.steps if step.type == "user_message" and step.output == deed.old][-1:]
                await viewer.edit(step, deed.new)
            case _:
                raise AssertionError(f"No scripted viewer can do this yet: {deed}")
        return self._view(heard)

    async def _until_heard(self, deed: Deed, heard: int) -> None:
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
            steps=[_seen(step) for step in viewer.steps if not step.is_call],
            question=None if question is None else question.kind,
            around=around_of(viewer.state, is_empty=not viewer.steps),
            passing=[passing(signal.kind, signal.data) for signal in signals],
        )


def _seen(step: Step) -> SeenStep:
    return SeenStep(
        id=step.id,
        type=step.type,
        author=step.name if step.command is None else f"{step.name} /{step.command}",
        text=step.output,
        input=step.input if step.show_input else "",
        parent=step.parent_id,
        is_error=step.is_error,
        language=step.language,
        elements=tuple(f"{element.type} {element.name!r} {element.display}" for element in step.elements),
        buttons=tuple(action.label or action.name for action in step.actions),
    )
