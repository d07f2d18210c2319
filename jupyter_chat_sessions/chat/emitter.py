"""`context.emitter`: what is shown beside messages, and steps as they are given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, get_args

import msgspec

from ..host.scope import current_scope
from ..host.session import BaseSession
from ..protocol.errors import ChatSessionsError, UnsupportedError
from ..protocol.frames import AppendText, HostEvent, PutStep, RemoveStep, SetState
from ..protocol.steps import Step
from . import arguments
from .commands import CommandDict, command_list
from .elsewhere import CopilotFunction, OutputAudioChunk, no_audio
from .modes import Mode, ModeOption, mode_list
from .texts import well_formed
from .window import send_window_message

ToastType = Literal["info", "success", "warning", "error"]


class Emitter:
    """What a session's viewers are shown beside messages (Chainlit: `cl.context.emitter`).

    It sends steps as they are given, too; `Message` and `Step` are the way for most.

    Args:
        session: Whose viewers see it.

    Example:
        >>> await cl.context.emitter.send_toast("Saved.", "success")
    """

    def __init__(self, session: BaseSession) -> None:
        self.session = session

    async def set_commands(self, commands: list[CommandDict]) -> None:
        """Say what a viewer may mark a message with; an empty list takes all away.

        `message.command` is one of these, or of a starter's, or None.

        Args:
            commands: See `CommandDict`.

        Raises:
            TypeError: It is no list of dicts, or something in one is of the wrong type.
            ValueError: A command has no id, or two have one id.

        Example:
            >>> await cl.context.emitter.set_commands([{"id": "Search", "description": "Look it up", "icon": "globe"}])

        Chainlit passes on any command that a client says.
        """
        await self._set("commands", command_list(commands))

    async def set_modes(self, modes: list[Mode]) -> None:
        """Say what a viewer chooses for each message; an empty list takes all away.

        Args:
            modes: See `Mode`.

        Raises:
            TypeError: It is no list of modes.
            ValueError: Two have one id, or one has no options.

        Example:
            >>> options = [cl.ModeOption("small", "Small"), cl.ModeOption("large", "Large")]
            >>> await cl.context.emitter.set_modes([cl.Mode("model", "Model", options)])

        From then on `message.modes` has an option for each mode, also in a message from a cell: the default where none
        was chosen. Chainlit passes on whatever a client says.
        """
        await self._set("modes", mode_list(modes))

    async def send_toast(self, message: str, type: ToastType = "info") -> None:  # Chainlit's name
        """Show a short notice for some seconds, to whoever looks on now.

        Args:
            message: The notice.
            type: `info`, `success`, `warning` or `error`.

        Raises:
            TypeError: The message is no text.
            ValueError: There is no such type.

        Example:
            >>> await cl.context.emitter.send_toast("The file is ready.", "success")
        """
        if type not in get_args(ToastType):
            raise ValueError(f"send_toast(type=…) is one of {', '.join(get_args(ToastType))}; it was {type!r}.")
        self.session.signal("toast", {"text": arguments.name("send_toast(message)", message), "kind": type})
        await self.session.room()

    async def send_window_message(self, data: Any) -> None:
        """Send something to the window around the chat; see `send_window_message`.

        Raises:
            TypeError: It is no JSON.
        """
        await send_window_message(data)

    async def update_token_count(self, count: int) -> None:
        """Tell whoever looks on how many tokens were used.

        The chat does not show it; what follows the session (a script, a page of yours) hears a `token_usage`.

        Args:
            count: How many.

        Raises:
            TypeError: It is no whole number.
        """
        if isinstance(count, bool) or not isinstance(count, int):
            raise TypeError(f"update_token_count takes a whole number; it was given {count.__class__.__name__!r}.")
        self.session.signal("token_usage", count)
        await self.session.room()

    async def task_start(self) -> None:
        """Do nothing: viewers see that something runs for as long as a handler runs, without being told."""

    async def task_end(self) -> None:
        """Do nothing: viewers see that nothing runs once the handler has ended, without being told."""

    async def emit(self, event: str, data: Any = None) -> None:
        """Send one of the events that Chainlit's pages know, where there is one like it here.

        Args:
            event: `toast`, `window_message`, `token_usage`, `set_commands`, `set_modes`, `new_message`,
                `update_message`, `delete_message`, `task_start` or `task_end`.
            data: What Chainlit's event carries.

        Raises:
            UnsupportedError: There is none like it. The sentence says what to use.
        """
        send = self._events().get(event)
        if send is None:
            instead = _INSTEAD.get(event, f"What is here: {', '.join(self._events())}.")
            raise UnsupportedError(f"There is no event {event!r} to emit here. {instead}")
        await send(data)

    async def send_step(self, step_dict: dict[str, Any]) -> None:
        """Show a step.

        Raises:
            ValueError: The dict is no step.
        """
        await self._put(step_dict)

    async def update_step(self, step_dict: dict[str, Any]) -> None:
        """Show a step as it is now.

        Raises:
            ValueError: The dict is no step.
        """
        await self._put(step_dict)

    async def delete_step(self, step_dict: dict[str, Any]) -> None:
        """Take a step out.

        Raises:
            KeyError: The dict has no `id`.
        """
        self.session.emit(RemoveStep(step_id=step_dict["id"]), run=current_scope().run)
        self.session.sent_steps.pop(step_dict["id"], None)
        await self.session.room()

    async def stream_start(self, step_dict: dict[str, Any]) -> None:
        """Show a step that `send_token` then adds text to; `update_step` ends that.

        Raises:
            ValueError: The dict is no step.
        """
        await self._put({**step_dict, "streaming": True})

    async def send_audio_chunk(self, chunk: OutputAudioChunk) -> None:
        """Say that there is no live audio.

        Raises:
            UnsupportedError: Always.
        """
        raise no_audio("send_audio_chunk")

    async def send_audio_interrupt(self) -> None:
        """Say that there is no live audio.

        Raises:
            UnsupportedError: Always.
        """
        raise no_audio("send_audio_interrupt")

    async def send_call_fn(self, name: str, args: dict[str, Any], timeout: int = 300) -> None:
        """Say that there is no page around the chat whose functions could be called.

        Raises:
            UnsupportedError: Always.
        """
        CopilotFunction(name=name, args=args).acall()

    async def send_token(self, id: str, token: str, is_sequence: bool = False, is_input: bool = False) -> None:
        """Add text at the end of a step that `send_step` or `stream_start` has shown.

        Args:
            id: The step's id.
            token: The text.
            is_sequence: The token is the whole text so far, and takes the place of it.
            is_input: Add to its input.

        Raises:
            TypeError: The token is no text.
            ChatSessionsError: No such step was shown here.

        Example:
            >>> step = cl.Message("").to_dict()
            >>> await cl.context.emitter.stream_start(step)
            >>> await cl.context.emitter.send_token(step["id"], "Hello")
        """
        if not isinstance(token, str):
            raise TypeError(f"send_token takes text; it was given {token.__class__.__name__!r}.")
        token = well_formed(token)
        step = self.session.sent_steps.get(id)
        if step is None:
            raise ChatSessionsError(
                f"The emitter has shown no step {id!r} here: await emitter.stream_start(…) first, or use stream_token."
            )
        into: Literal["input", "output"] = "input" if is_input else "output"
        before = "" if is_sequence else getattr(step, into)
        now = msgspec.structs.replace(step, **{into: before + token})
        if is_sequence:
            event: HostEvent = PutStep(step=now, replaces=True)
        else:
            event = AppendText(step_id=id, offset=len(before), text=token, into=into)
        self.session.emit(event, run=current_scope().run)
        self.session.sent_steps[id] = now
        await self.session.room()

    def _events(self) -> dict[str, Callable[[Any], Awaitable[None]]]:
        async def toast(data: Any) -> None:
            await self.send_toast(data["message"], data.get("type", "info"))

        async def modes(data: Any) -> None:
            await self.set_modes([_mode(each) for each in data])

        async def nothing(data: Any) -> None:
            pass

        return {
            "toast": toast,
            "window_message": self.send_window_message,
            "token_usage": self.update_token_count,
            "set_commands": self.set_commands,
            "set_modes": modes,
            "new_message": self.send_step,
            "update_message": self.update_step,
            "delete_message": self.delete_step,
            "task_start": nothing,
            "task_end": nothing,
        }

    async def _set(self, key: str, value: Any) -> None:
        self.session.emit(SetState(state={key: value}), run=current_scope().run)
        await self.session.room()

    async def _put(self, step_dict: dict[str, Any]) -> None:
        try:
            step = msgspec.convert(step_dict, Step)
        except msgspec.ValidationError as reason:
            raise ValueError(f"This is no step: {reason}.") from None
        self.session.emit(PutStep(step=step), run=current_scope().run)
        self.session.sent_steps[step.id] = step
        await self.session.room()


def _mode(given: Any) -> Any:
    """Return the mode that a dict with Chainlit's keys describes."""
    if not isinstance(given, dict):
        return given
    return Mode(**{**given, "options": [ModeOption(**each) for each in given.get("options", [])]})


_INSTEAD = {
    "stream_start": "Use `cl.Message.stream_token`.",
    "stream_token": "Use `cl.Message.stream_token`.",
    "ask": "Use `cl.AskUserMessage` and the like.",
    "clear_ask": "A question is cleared by itself.",
    "ask_timeout": "A question is cleared by itself.",
    "element": "Use `element.send(for_id=…)`.",
    "remove_element": "Use `element.remove()`.",
    "action": "Use `cl.Action.send(for_id=…)`.",
    "remove_action": "Use `cl.Action.remove()`.",
    "chat_settings": "Use `cl.ChatSettings(…).send()`.",
    "set_sidebar_title": "Use `cl.ElementSidebar.set_title`.",
    "set_sidebar_elements": "Use `cl.ElementSidebar.set_elements`.",
    "call_fn": "`cl.send_window_message` tells the window around.",
}
"""For events of Chainlit's that are sent in another way here, or not yet."""
