"""The folder `public/` beside an app: files that its author calls by an address such as `/public/cat.png`.

The one rule: nothing outside the folder is reached by an address, and nothing that is hidden. Viewers never read the
folder: what is shown of it goes to the hub, as a file of their session.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

if TYPE_CHECKING:
    from .files import HostFiles

PREFIX = "/public/"
MAX_PICTURE_BYTES = 256 * 1024
"""Of an icon or avatar: each session is given its own."""
MAX_AVATARS = 50

_PICTURES = {
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".ico": "image/x-icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}
_WITH_ICONS = ("commands", "modes", "profiles", "starters", "starterCategories")
"""Keys of a session's state with lists in which something has an `icon`."""


class PublicFolder:
    """The files that an app may call by an address.

    Args:
        path: The folder; it need not be there.

    Example:
        >>> PublicFolder(Path("public")).find("/public/cat.png")
        PosixPath('/home/ada/app/public/cat.png')
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, address: str) -> Path | None:
        """Return the file that an address names; None where it names none in this folder."""
        if not address.startswith(PREFIX):
            return None
        try:
            parts = unquote(urlsplit(address).path.removeprefix(PREFIX)).split("/")
            folder = self._path.resolve(strict=True)
            path = folder.joinpath(*parts).resolve(strict=True)
        except (OSError, RuntimeError, ValueError):  # not there, links in a circle, or no path at all
            return None
        if any(part.startswith(".") for part in parts) or not path.is_relative_to(folder):
            return None
        is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)  # where a link leads
        return path if path.is_file() and not is_hidden else None

    def find_picture(self, address: str, *, max_bytes: int = MAX_PICTURE_BYTES) -> Path | None:
        """Return the picture that an address names; None where it names none, or one that is too large."""
        path = self.find(address)
        if path is None or path.suffix.lower() not in _PICTURES:
            return None
        return path if path.stat().st_size <= max_bytes else None

    def avatars(self) -> dict[str, str]:
        """Return the addresses of the pictures in `avatars/`, by the authors that they are of (see `avatar_key`)."""
        try:
            names = sorted(path.name for path in (self._path / "avatars").iterdir())
        except OSError:  # there is none
            return {}
        address_by_key: dict[str, str] = {}
        for name in names:
            address = f"{PREFIX}avatars/{quote(name)}"
            key = avatar_key(name.rpartition(".")[0])
            if key not in address_by_key and self.find_picture(address) is not None:
                address_by_key[key] = address
            if len(address_by_key) == MAX_AVATARS:
                break
        return address_by_key


def avatar_key(author: str) -> str:
    """Return what an author's avatar is called, without its ending: as Chainlit calls it."""
    return author.strip().lower().replace(" ", "_").replace(".", "_")


class Picture(NamedTuple):
    """A picture that the hub keeps for a session."""

    file: str
    mime: str
    bytes: int


class PublicPictures:
    """The icons, avatars and other pictures that one session is shown.

    Args:
        files: The session's files: each picture goes to the hub once, and again if it has changed.
    """

    __slots__ = ("_files", "_shown")

    def __init__(self, files: HostFiles) -> None:
        self._files = files
        self._shown: dict[tuple[str, int, int], Picture] = {}

    def in_state(self, state: dict[str, Any], folder: PublicFolder) -> dict[str, Any]:
        """Return a state in which icons and avatars are files of the session, in the place of addresses.

        What names no picture in the folder stays as it is.
        """
        shown = dict(state)
        for key in _WITH_ICONS:
            if state.get(key):
                shown[key] = self._with_icons(state[key], folder)
        if state.get("avatars"):
            shown["avatars"] = {key: self._file(address, folder) for key, address in state["avatars"].items()}
        return shown

    def show(self, path: Path) -> Picture | None:
        """Let the hub have a picture, unless it has it; None where it has gone, or is more than the hub keeps."""
        try:
            found = path.stat()
            known = (str(path), found.st_mtime_ns, found.st_size)
            if known not in self._shown:
                mime = _PICTURES[path.suffix.lower()]
                self._shown[known] = Picture(self._files.put(path, name=path.name), mime, found.st_size)
        except (OSError, ValueError):
            return None
        return self._shown[known]

    def _with_icons(self, given: Any, folder: PublicFolder) -> Any:
        if isinstance(given, list):
            return [self._with_icons(each, folder) for each in given]
        if not isinstance(given, dict):
            return given
        return {
            key: self._file(value, folder) if key == "icon" else self._with_icons(value, folder)
            for key, value in given.items()
        }

    def _file(self, address: Any, folder: PublicFolder) -> Any:
        path = folder.find_picture(address) if isinstance(address, str) else None
        picture = None if path is None else self.show(path)
        return address if picture is None else f"file:{picture.mime},{picture.file}"
