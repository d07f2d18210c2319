"""Elements: what stands with a message or step besides its text, such as a picture, a document, a recording.

The one rule: an element's content is with the hub before anything tells of the element, and goes there once.
"""

from __future__ import annotations

import builtins
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, TypedDict, TypeVar, get_args
from weakref import WeakKeyDictionary

import msgspec

from ..host.scope import current_scope
from ..host.session import BaseSession
from ..ids import new_id
from ..protocol.errors import ChatSessionsError
from ..protocol.frames import PutElement, RemoveElement
from ..protocol.steps import Element as ElementStruct
from ..protocol.steps import ElementType, is_id
from .mime import mime_of
from .panel import take_from_panel

ElementDisplay = Literal["inline", "side", "page"]
ElementSize = Literal["small", "medium", "large"]


class ElementDict(TypedDict):
    """An element with Chainlit's keys; each is there, and None where it does not apply."""

    id: str
    threadId: str | None
    type: str
    url: str | None
    chainlitKey: str | None
    name: str
    display: ElementDisplay
    objectKey: str | None
    size: ElementSize | None
    props: dict[str, Any] | None
    page: int | None
    autoPlay: bool | None
    playerConfig: dict[str, Any] | None
    language: str | None
    forId: str | None
    mime: str | None


class _Kept(NamedTuple):
    """What the hub keeps of an element for one session."""

    source: object
    """What was sent: the content itself, or which file, as it was then. None where it came from the hub."""
    file: str
    size: int
    is_to_show: bool
    """It was put here, and goes once nothing shows it any more."""


class Element:
    """What stands with a message or step (Chainlit: `cl.Element`); use one of its kinds, such as `Image`.

    One of `url`, `path` and `content` is needed. A `url` such as `/public/cat.png` names a file in the folder `public/`
    beside the app. A content or file travels to the chat's server when the element is
    shown, once for each session, and again only if it has changed by then.

    Args:
        name: As viewers read it, and what a message calls it by; by default the name of the file.
        url: Where its content is, if it is on the web.
        path: A file with its content.
        content: The content itself, as bytes or text.
        display: `inline` below the text, or `side` or `page` to open where the text calls it by its name.
        size: How large it is shown inline: `small`, `medium` or `large`.
        language: Of a text: show it as code in this language.
        mime: Its MIME type; by default it is told by the content, then by the name.
        id: A UUID; a new one by default.
        for_id: The message or step that it stands with; set when it is shown.

    Raises:
        ValueError: There is no content, or display, size or id is none.
        TypeError: One of these is of a wrong type.
        FileNotFoundError: There is no such file.

    Example:
        >>> report = cl.Pdf(name="report", path="report.pdf", display="side")
        >>> await cl.Message("Have a look at the report.", elements=[report]).send()

    Chainlit notices a missing file only when the element is shown, and sends the content again with each session's
    message; elements there have `object_key` and `chainlit_key`, which mean something to its storage only.
    """

    type: ClassVar[ElementType]
    _mime: ClassVar[str | None] = None
    """Of all of its kind."""
    _size: ClassVar[ElementSize | None] = None
    """Where its author does not say."""
    _kinds: ClassVar[dict[str, builtins.type[Element]]] = {}
    """By what the wire calls them; of several, such as `Image` and `Pyplot`, the first."""

    def __init_subclass__(cls) -> None:
        if hasattr(cls, "type"):
            Element._kinds.setdefault(cls.type, cls)

    def __init__(
        self,
        name: str = "",
        *,
        url: str | None = None,
        path: str | os.PathLike[str] | None = None,
        content: bytes | str | None = None,
        display: ElementDisplay = "inline",
        size: ElementSize | None = None,
        language: str | None = None,
        mime: str | None = None,
        id: str | None = None,
        for_id: str | None = None,
    ) -> None:
        if not hasattr(self, "type"):
            raise TypeError("cl.Element is what elements have in common: make one of its kinds, such as cl.Image(…).")
        self._check_text(name=name, url=url, language=language, mime=mime)
        self._check_choice(get_args(ElementDisplay), display=display)
        self._check_choice((None, *get_args(ElementSize)), size=size)
        if id is not None and not is_id(str(id)):
            raise ValueError(f"{self._call}(id=…) is a UUID; it was {id!r}.")
        if not isinstance(content, bytes | bytearray | memoryview | str | None):
            raise TypeError(f"{self._call}(content=…) is bytes or text; it was {content.__class__.__name__!r}.")
        if not isinstance(path, str | os.PathLike | None):
            raise TypeError(f"{self._call}(path=…) names a file; it was {path.__class__.__name__!r}.")
        if not (url or path or content):
            raise ValueError(f"{self._call}(…) needs a url, a path or a content; all were empty.")
        self.url = url or None
        self.path = os.fspath(path) if path else None
        self.content = bytes(content) if isinstance(content, bytearray | memoryview) else content or None
        if self.path is not None and self.url is None:
            self._check_file(self.path)
        self.name = (name or _last_part(self.path, self.url)).encode(errors="replace").decode()
        self.display: ElementDisplay = display
        self.size: ElementSize | None = size or self._size
        self.language = language
        self.mime = mime or self._mime or mime_of(self.content, path=self.path, name=self.name, url=self.url)
        self.id = id or new_id()
        self.for_id = for_id
        self._begin()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name[:60]!r}>"

    # ---- showing -----------------------------------------------------------------------------------------------------

    async def send(self, for_id: str, persist: bool = True) -> None:
        """Show the element with a message or step that was sent already.

        Args:
            for_id: The id of that.
            persist: For compatibility; it is kept with the conversation.

        Raises:
            NoSessionError: There is no session here.
            ValueError: `for_id` is no id, or the content is larger than the chat's server keeps.
            RefusedError: The server keeps no more of this conversation's files. Where that turns out only after the
                call, a warning says so, and the viewer reads it in the element's place.
            OSError: The file cannot be read.

        Example:
            >>> message = await cl.Message("Here it comes:").send()
            >>> await cl.Image(path="plot.png").send(for_id=message.id)
        """
        if not (isinstance(for_id, str) and is_id(for_id)):
            raise ValueError(f"{self._call}.send(for_id=…) is the id of a message or step; it was {for_id!r}.")
        scope = current_scope()
        await self.bring(scope.session)
        self.for_id = for_id
        shown = scope.session.shown.get(for_id)
        if shown is not None and all(element is not self for element in shown.elements):
            shown.elements.append(self)  # a later `update()` of that shows it, too
        scope.session.emit(PutElement(step_id=for_id, element=self.as_struct(scope.session)), run=scope.run)
        await scope.session.room()

    async def remove(self) -> None:
        """Take the element away from what it stands with in this session: messages, and the side panel.

        A panel that shows nothing else closes.

        Raises:
            ChatSessionsError: It stands with nothing.
            NoSessionError: There is no session here.
        """
        scope = current_scope()
        shown = [each for each in scope.session.shown.values() if any(element is self for element in each.elements)]
        is_beside = take_from_panel(scope, self.id)
        if not (shown or is_beside or self.for_id is not None):
            raise ChatSessionsError("This element stands with no message yet: send it, or its message, first.")
        for each in shown:
            each.elements = [element for element in each.elements if element is not self]
        for step_id in [each.id for each in shown] or ([] if self.for_id is None else [self.for_id]):
            scope.session.emit(RemoveElement(step_id=step_id, element_id=self.id), run=scope.run)
        await scope.session.room()

    # ---- its content -------------------------------------------------------------------------------------------------

    async def bring(self, session: BaseSession) -> None:
        """Let the hub have the content, unless it has it; wait while too much is on its way."""
        source = self._unsent(session)
        if source is not None:
            content = self._content_to_send(session)
            self._note(session, source, await session.files.send(content, name=self.name), content)

    def bring_now(self, session: BaseSession) -> None:
        """Do as `bring` does, and wait for nothing."""
        source = self._unsent(session)
        if source is not None:
            content = self._content_to_send(session)
            self._note(session, source, session.files.put_to_show(content, name=self.name), content)

    # ---- as others have it -------------------------------------------------------------------------------------------

    @property
    def thread_id(self) -> str | None:
        """The conversation that it was shown in last, or None."""
        return self._thread_id

    @property
    def chainlit_key(self) -> str | None:
        """The id of its content with the hub, where it was shown last, or None (Chainlit's name)."""
        return self._file

    def to_dict(self) -> ElementDict:
        """Return the element with Chainlit's `ElementDict` keys."""
        props = self._props()
        return ElementDict(
            id=self.id,
            threadId=self._thread_id,
            type=self.type,
            url=self.url,
            chainlitKey=self._file,
            name=self.name,
            display=self.display,
            objectKey=None,
            size=self.size,
            props=props or None,
            page=props.get("page"),
            autoPlay=props.get("autoPlay"),
            playerConfig=props.get("playerConfig"),
            language=self.language,
            forId=self.for_id,
            mime=self.mime,
        )

    @classmethod
    def from_dict(cls, element: dict[str, Any]) -> Element:
        """Return the element that an `ElementDict` describes; what is of no known type is a `File`.

        Raises:
            ValueError: It has no content.
            TypeError: A value is of a wrong type.
        """
        type_name = element.get("type") or cls.infer_type_from_mime(element.get("mime") or "")
        further = {key: element[key] for key in ("page", "autoPlay", "playerConfig") if element.get(key) is not None}
        props = {**(element.get("props") or {}), **further}
        keys = ("name", "url", "path", "content", "display", "size", "language", "mime", "id")
        given = {key: element[key] for key in keys if element.get(key)}
        made = _of_kind(type_name)
        if element.get("chainlitKey") and not given.keys() & {"url", "path", "content"}:  # its content is with the hub
            struct = {"id": new_id(), "name": "", **given, "type": made.type, "file": element["chainlitKey"]}
            try:
                known = msgspec.convert({**struct, "props": props}, ElementStruct)
            except msgspec.ValidationError as reason:
                raise ValueError(f"This is no element: {reason}.") from None
            return cls.from_struct(known, for_id=element.get("forId"), session=None)
        Element.__init__(made, for_id=element.get("forId"), **given)
        made._take_props(props)
        return made

    @classmethod
    def infer_type_from_mime(cls, mime_type: str) -> str:
        """Return which type of element shows a file of a MIME type: `image`, `audio`, `video`, `pdf` or `file`."""
        if mime_type == "application/pdf":
            return "pdf"
        kind = mime_type.partition("/")[0]
        return kind if kind in ("image", "audio", "video") else "file"

    def as_struct(self, session: BaseSession | None) -> ElementStruct:
        """Return the element as the wire has it in a session; without one, with no content."""
        kept = None if session is None else self._kept_by_session.get(session)
        return ElementStruct(
            id=self.id,
            type=self.type,
            name=self.name,
            display=self.display,
            mime=self.mime,
            file=None if kept is None else kept.file,
            url=self.url if kept is None else None,
            bytes=None if kept is None else kept.size,
            size=self.size,
            language=self.language,
            props=self._props(),
        )

    @classmethod
    def from_struct(cls, element: ElementStruct, *, for_id: str | None, session: BaseSession | None) -> Element:
        """Return the element that the wire has.

        Args:
            element: What there is.
            for_id: The message or step that it stands with.
            session: Whose it is: there its content is known, and a file that the viewer gave has a path.
        """
        made = _of_kind(element.type)
        made.url, made.content = element.url, None
        made.path = None if session is None else session.files.path_of(element.file)
        made.name, made.display, made.size = element.name, element.display, element.size
        made.language, made.mime, made.id, made.for_id = element.language, element.mime, element.id, for_id
        made._begin()
        made._file = element.file
        made._take_props(element.props)
        if session is not None:
            made._thread_id = session.thread_id
            if element.file is not None:
                is_to_show = session.files.is_to_show(element.file)
                made._kept_by_session[session] = _Kept(
                    made._source(session), element.file, element.bytes or 0, is_to_show
                )
        return made

    # ---- of its kinds ------------------------------------------------------------------------------------------------

    def _props(self) -> dict[str, Any]:
        """Return what its kind has besides."""
        return {}

    def _take_props(self, props: dict[str, Any]) -> None:
        """Have what `_props` of an earlier one returned."""

    # ---- private -----------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._kept_by_session: WeakKeyDictionary[BaseSession, _Kept] = WeakKeyDictionary()
        self._thread_id: str | None = None
        self._file: str | None = None

    @property
    def _call(self) -> str:
        return type(self).__name__

    def _check_text(self, **given: object) -> None:
        for what, value in given.items():
            if not isinstance(value, str) and not (value is None and what != "name"):
                raise TypeError(f"{self._call}({what}=…) is a text; it was {value.__class__.__name__!r}.")

    def _check_choice(self, choices: Iterable[object], **given: object) -> None:
        for what, value in given.items():
            if value not in choices:
                known = ", ".join(str(choice) for choice in choices if choice is not None)
                raise ValueError(f"{self._call}({what}=…) is one of {known}; it was {value!r}.")

    def _check_file(self, path: str) -> None:
        if not Path(path).exists():
            raise FileNotFoundError(f"{self._call}(path=…): there is no file {path!r} here ({Path.cwd()}).")
        if not Path(path).is_file():
            raise ValueError(f"{self._call}(path=…) names a file; {path!r} is none.")

    def _file_in(self, session: BaseSession) -> Path | None:
        """Return the file with its content: where its address says, among what is public of the session's app."""
        if self.url is not None:
            return None if session.app.public is None else session.app.public.find(self.url)
        return None if self.path is None else Path(self.path)

    def _content_to_send(self, session: BaseSession) -> bytes | str | Path:
        if self.content is not None and self.url is None:
            return self.content
        path = self._file_in(session)
        if path is None:
            raise ValueError(f"The content of the element {self.name!r} is not here: give it a content or path.")
        return path

    def _source(self, session: BaseSession) -> object:
        """Return what tells whether the content has changed; None where there is none here."""
        if self.content is not None and self.url is None:
            return self.content
        path = self._file_in(session)
        if path is None:
            return None
        try:
            file = path.stat()
        except FileNotFoundError:
            return None
        return (str(path), file.st_mtime_ns, file.st_size)

    def _unsent(self, session: BaseSession) -> object:
        """Return what the hub has yet to be given for a session; None where that is nothing."""
        kept = self._kept_by_session.get(session)
        if kept is not None and kept.is_to_show and not session.files.is_to_show(kept.file):
            kept = None  # it was taken away, and its content with it
        source = self._source(session)
        if kept is not None and source in (None, kept.source):
            self._thread_id, self._file = session.thread_id, kept.file
            return None
        if source is None and self.url is not None:
            return None  # its content is elsewhere
        if source is None and self.path is not None:
            self._check_file(self.path)
        return source if source is not None else self._content_to_send(session)

    def _note(self, session: BaseSession, source: object, file: str, content: bytes | str | Path) -> None:
        size = Path(content).stat().st_size if isinstance(content, Path) else _length(content)
        self._kept_by_session[session] = _Kept(source, file, size, True)
        self._thread_id, self._file = session.thread_id, file


ElementBased = TypeVar("ElementBased", bound=Element)


def elements_of(given: Any, *, call: str) -> list[Element]:
    """Return what an author gives as elements, in a list of its own.

    Args:
        given: A list of elements, or None.
        call: What they are given to, for the sentence.

    Raises:
        TypeError: It is no list, or something in it is no element.
    """
    if isinstance(given, Element | str | bytes | dict):
        raise TypeError(f"{call}(elements=…) is a list of elements; it was {type(given).__name__!r}.")
    elements = list(given or [])
    for element in elements:
        if not isinstance(element, Element):
            raise TypeError(
                f"{call}(elements=…) is a list of elements, such as cl.Image; in it was {type(element).__name__!r}."
            )
    return elements


def element_dict(element: ElementStruct, *, for_id: str, thread_id: str) -> ElementDict:
    """Return an element of a stored conversation with Chainlit's keys."""
    made = Element.from_struct(element, for_id=for_id, session=None)
    made._thread_id = thread_id
    return made.to_dict()


def _of_kind(type_name: str) -> Element:
    """Return an element to be filled: the constructor of its kind asks for what only its author has."""
    kind = Element._kinds.get(type_name, Element._kinds["file"])
    return kind.__new__(kind)


def _last_part(path: str | None, url: str | None) -> str:
    """Return what a file is called; empty for what has no name."""
    if path is not None and url is None:
        return Path(path).name
    from urllib.parse import unquote, urlsplit  # here and not above: importing the author's API stays fast

    return "" if url is None or url.startswith("data:") else unquote(urlsplit(url).path.rpartition("/")[2])


def _length(content: bytes | str) -> int:
    return len(content if isinstance(content, bytes) else content.encode(errors="replace"))
