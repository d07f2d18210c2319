"""The magics: each parses its line and makes one call into the notebook."""
# mypy: disable-error-code="untyped-decorator, no-untyped-call"
# IPython's decorators for magics have no types.

from __future__ import annotations

import asyncio
import contextvars
import difflib
import re
import shlex
import threading
from argparse import Namespace
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments
from IPython.display import display

from ..app_file import AppConfig, AppFile
from ..chat.chat_settings import set_settings
from ..host.accepting import uploads_in_words
from ..host.app import App
from ..host.scope import current_session
from ..host.settings import NO_SETTINGS, settings_state
from ..protocol.errors import ChatSessionsError, RefusedError
from ..protocol.frames import ChannelSettings
from ..protocol.steps import Uploads, is_channel_name
from .naming import channel_name, default_channel
from .notebook import Notebook
from .setting_words import read_settings
from .tables import handlers_in_words, session_table, settings_table

SUBCOMMANDS = ("run", "list", "use", "new", "end", "press", "settings", "status", "open")
_PRESS = re.compile(r"\s*press(?=\s|$)(.*)", re.DOTALL)
_HEIGHT = re.compile(r"\d+(\.\d+)?(px|em|rem|vh|%)")


@magics_class
class ChatMagics(Magics):
    """`%chat_session` and `%%chat_session`.

    Args:
        shell: IPython's shell.
        notebook: What the magics act on.
    """

    def __init__(self, shell: InteractiveShell, notebook: Notebook) -> None:
        super().__init__(shell)
        self.shell: InteractiveShell = shell
        self.notebook = notebook
        self._told: set[str] = set()
        """What was said already of what means nothing here."""

    @magic_arguments()
    @argument("name", nargs="?", help="The chat's name; the notebook's by default.")
    @argument("--title", help="What viewers read at its top; the name by default.")
    @argument("--bot-name", help="Whose name the chat's messages bear; Assistant by default.")
    @argument("--run-on", choices=["notebook", "thread"], default="notebook", help="Where `async def` handlers run.")
    @argument(
        "--when-busy", choices=["queue", "reject", "interrupt"], default="queue", help="What a second message does."
    )
    @argument("--env", nargs="+", action="extend", default=[], metavar="NAME", help="Variables that each viewer gives.")
    @argument(
        "--uploads", nargs="+", metavar="KIND", help="Files that viewers may give: any, off, or kinds (image/* .csv)."
    )
    @argument("--max-files", type=int, help="Files that they may give at a time.")
    @argument("--max-file-mb", type=float, help="Megabytes of the largest of them.")
    @argument("--height", default="420px", help="A CSS length.")
    @argument("--force", action="store_true", help="Take the name over from another live notebook.")
    @line_cell_magic
    def chat_session(self, line: str, cell: str | None = None) -> Awaitable[None] | None:
        """Open a chat and show it under this cell; or, as a cell magic, say something in it.

        ::

            %chat_session [NAME] [options]   open a chat and show it
            %chat_session run FILE [options] open the chat of an app's file and show it
            %chat_session list               the sessions of this notebook
            %chat_session use ID|USER        let this page's cells see, and speak in, somebody's session
            %chat_session use --clear        ... no more
            %chat_session new [NAME]         end the notebook's own session and begin another
            %chat_session end [ID|USER]      end a session; by default the one that cells speak in
            %chat_session press LABEL        press a button of a message, by what stands on it or by its name
            %chat_session settings           the settings of the chat that cells see
            %chat_session settings ID=VALUE  change some
            %chat_session status             the link, the chats, counts

            %%chat_session [NAME]
            What you would type into the chat. The reply shows under the cell; the next such cell answers a question.
        """
        with _plain_errors():
            press = _PRESS.match(line) if cell is None else None
            if press is not None:
                return self._press(press[1].strip())
            words = _words(line)
            if cell is not None:
                return self._say(words, cell)
            if words and words[0] in SUBCOMMANDS and words[0] != "open":
                getattr(self, f"_{words[0]}")(words[1:])
            else:
                self._open(words)
        return None

    # ---- subcommands -------------------------------------------------------------------------------------------------

    def _run(self, words: list[str]) -> None:
        if not words or words[0].startswith("-"):
            raise UsageError("Say which file: %chat_session run app.py")
        file = AppFile(words[0])
        given = self._given(words[1:])
        if given.name is not None:
            _check_name(given.name, is_meant=True)
        name = given.name or channel_name(file.path.stem) or "app"
        config = file.config()
        if config.without_meaning is not None and config.without_meaning not in self._told:
            self._told.add(config.without_meaning)
            _tell(config.without_meaning)
        self._publish(name, given, config, app=file.load())

    def _open(self, words: list[str]) -> None:
        is_explicit = words[:1] == ["open"]
        given = self._given(words[1:] if is_explicit else words)
        name = given.name or default_channel(namespace=self.shell.user_ns)
        is_meant = is_explicit or given.name is None or name in self._open_names()
        _check_name(name, is_meant=is_meant)
        self._publish(name, given, AppConfig())

    def _given(self, words: list[str]) -> Namespace:
        given: Namespace = self.chat_session.parser.parse_args(words)
        if _HEIGHT.fullmatch(given.height) is None:
            raise UsageError(f"--height is a CSS length such as 420px or 60vh; it was {given.height!r}.")
        for variable in given.env:
            if not variable.isidentifier():
                raise UsageError(f"--env takes names of variables such as OPENAI_API_KEY; {variable!r} is none.")
        return given

    def _publish(self, name: str, given: Namespace, config: AppConfig, *, app: App | None = None) -> None:
        settings = ChannelSettings(
            name=name,
            title=given.title or name,
            bot_name=given.bot_name or config.name or "Assistant",
            required_env=[*given.env, *(name for name in config.user_env if name not in given.env)],
            when_busy=given.when_busy,
            uploads=_uploads(given, config),
            can_edit=config.can_edit,
            session_timeout_s=config.session_timeout_s,
            readme=config.readme,
        )
        self.notebook.open_channel(settings, run_on=given.run_on, force=given.force, app=app)
        self._show(name, height=given.height)

    def _show(self, name: str, *, height: str) -> None:
        if self.notebook.kernel is None:
            _tell(
                f"The chat {name!r} is open. The widget needs a notebook; here, talk with it in %%chat_session cells."
            )
            return
        if self.notebook.mode == "kernel":
            _tell(
                "No Jupyter server with Jupyter Chat Sessions is in reach, so this chat lives in the kernel: it has no "
                "page of its own and ends with the kernel. For the full chat, install jupyter-chat-sessions beside "
                "JupyterLab and restart it."
            )
        widget = self.notebook.widget(name, height=height)
        if self.notebook.mode == "server":
            display(widget.place_in_saved_notebook, raw=True)
        display(widget)

    def _list(self, words: list[str]) -> None:
        _no_more(words, "list")
        seen = self.notebook.pages.seen(self.notebook.client)
        _tell(session_table(self.notebook.runtime.sessions, seen=seen))

    def _use(self, words: list[str]) -> None:
        if words == ["--clear"]:
            self.notebook.pages.clear(self.notebook.client)
            _tell("The cells of this page see the session that its chat shows, else the notebook's own.")
            return
        if len(words) != 1:
            raise UsageError(
                "Say whose session: %chat_session use ID or USER (`%chat_session list` shows them), or --clear."
            )
        session = self.notebook.find_session(words[0])
        self.notebook.pages.pick(self.notebook.client, session)
        name = "" if session.user is None else f" of {session.user.display_name or session.user.identifier}"
        _tell(f"The cells of this page see the session {session.id[:8]}{name}, and %%chat_session cells speak in it.")

    def _new(self, words: list[str]) -> None:
        _no_more(words[1:], "new [NAME]")
        session = self.notebook.own_session(words[0] if words else None, anew=True)
        self.notebook.pages.clear(self.notebook.client)
        self.notebook.pages.note_spoken(self.notebook.client, session)
        _tell(
            f"A new session {session.id[:8]} of this notebook in {session.channel!r}. Talk in it with %%chat_session."
        )

    def _end(self, words: list[str]) -> None:
        _no_more(words[1:], "end [ID or USER]")
        session = self.notebook.find_session(words[0]) if words else self.notebook.speaking_session()
        self.notebook.runtime.end(session)
        _tell(f"The session {session.id[:8]} ends.")

    def _settings(self, words: list[str]) -> None:
        session = current_session()
        if session.settings_form is None:
            raise UsageError(NO_SETTINGS)
        if words:
            try:
                set_settings(read_settings(words, session.settings_form.fields))
            except (TypeError, ValueError) as reason:
                raise UsageError(str(reason)) from None
        _tell(settings_table(session.settings_form.fields, settings_state(session)["values"]))

    def _status(self, words: list[str]) -> None:
        _no_more(words, "status")
        runtime = self.notebook.runtime
        reason = f": {runtime.link_reason}" if runtime.link_reason else ""
        where = "the Jupyter server" if self.notebook.mode == "server" else "a hub in this kernel"
        lines = [
            f"link      {runtime.link_status} to {where}{reason}",
            f"handlers  {handlers_in_words(runtime.app)}",
        ]
        for channel in self.notebook.channels:
            name = channel.settings.name
            count = sum(session.channel == name for session in runtime.sessions)
            page = self.notebook.page_path(name)
            shown = f", page {page}" if page is not None else ""
            sessions = "1 session" if count == 1 else f"{count} sessions"
            lines.append(f"chat      {name!r}, {sessions}, handlers run on the {channel.run_on}{shown}")
            if channel.app is not runtime.app:
                lines.append(f"          handlers of its own: {handlers_in_words(channel.app)}")
        if not self.notebook.channels:
            lines.append("chat      none open; %chat_session opens one")
        _tell("\n".join(lines))

    def _say(self, words: list[str], text: str) -> Awaitable[None] | None:
        _no_more(words[1:], "[NAME]")
        text = text.strip("\n")
        if not text.strip():
            raise UsageError("Write what you want to say below %%chat_session.")
        channel = words[0] if words else None
        said = _plainly(partial(self.notebook.say, text, channel=channel))
        if self.shell.autoawait:
            return said
        _wait_beside(said, handlers_loop=self.notebook.speaking_session(channel).loop)
        return None

    def _press(self, button: str) -> Awaitable[None] | None:
        """Press a button. The line is not taken apart as others are: what stands on a button may have an apostrophe."""
        if len(button) > 1 and button[0] == button[-1] and button[0] in "\"'":
            button = button[1:-1]
        if not button.strip():
            raise UsageError("Say which button: %chat_session press LABEL, with what stands on it.")
        pressed = _plainly(partial(self.notebook.press, button))
        if self.shell.autoawait:
            return pressed
        _wait_beside(pressed, handlers_loop=self.notebook.pressing_session().loop)
        return None

    def _open_names(self) -> list[str]:
        return [channel.settings.name for channel in self.notebook.channels]


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Show our own errors as one sentence: a traceback through this package helps nobody."""
    try:
        yield
    except RefusedError as error:
        raise UsageError(error.text) from None
    except ChatSessionsError as error:
        raise UsageError(str(error)) from None


async def _plainly(speak: Callable[[], Awaitable[None]]) -> None:
    with _plain_errors():
        await speak()


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as reason:
        raise UsageError(f"This line cannot be read ({reason}): {line!r}.") from None


def _uploads(given: Namespace, config: AppConfig) -> Uploads | None:
    try:
        return uploads_in_words(given.uploads, config.uploads, max_files=given.max_files, max_size_mb=given.max_file_mb)
    except ValueError as reason:
        options = "--uploads takes off, any, or kinds; --max-files and --max-file-mb take numbers"
        raise UsageError(f"{options}. {reason}") from None


def _check_name(name: str, *, is_meant: bool) -> None:
    if not is_channel_name(name):
        raise UsageError(
            f"{name!r} cannot be a chat's name: up to 100 letters, digits, spaces, dots, hyphens and underscores, "
            "beginning with a letter, digit or underscore."
        )
    close = difflib.get_close_matches(name, SUBCOMMANDS, n=1, cutoff=0.7)
    if close and not is_meant:
        raise UsageError(
            f"Did you mean `%chat_session {close[0]}`? "
            f"To open a chat of the name {name!r}, run `%chat_session open {name}`."
        )


def _no_more(words: list[str], usage: str) -> None:
    if words:
        raise UsageError(f"Unexpected {' '.join(words)!r}: it is `chat_session {usage}`.")


def _tell(text: str) -> None:
    print(text)  # noqa: T201


def _wait_beside(said: Any, *, handlers_loop: asyncio.AbstractEventLoop) -> None:
    """Wait for a reply in a cell that cannot await."""
    try:
        is_kept = asyncio.get_running_loop() is handlers_loop
    except RuntimeError:
        is_kept = False
    if is_kept:
        said.close()
        raise UsageError(
            "This cell cannot await, and would keep the loop that the chat's handlers run on. "
            "Run `%autoawait asyncio`, or open the chat with `--run-on thread`."
        )
    done: Future[None] = Future()
    context = contextvars.copy_context()

    def work() -> None:
        try:
            context.run(asyncio.run, said)
        except BaseException as error:
            done.set_exception(error)
        else:
            done.set_result(None)

    threading.Thread(target=work, name="chat-cell", daemon=True).start()
    done.result()
