"""An app's file, written for `chainlit run` or for us: loaded as it is, apart from everything else in this process.

Its modules, and those beside it, stand in `sys.modules` under names that nobody else uses, and their import statements
find our names under `chainlit`. So several apps may live in one process, each with a `tools.py` of its own. Nothing is
written beside the file, no bytecode either.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from . import app_settings
from .alias import ALIAS, alias_module
from .compat import config
from .host.accepting import kinds_of, limits
from .host.app import App
from .host.current import use_app
from .host.public import PublicFolder
from .protocol.errors import ChatSessionsError
from .protocol.steps import Uploads

_PREFIX = "_chat_app_"


class AppConfig(NamedTuple):
    """What `.chainlit/config.toml` beside an app says that means something here.

    Attributes:
        name: The bot's name, or None.
        user_env: Names of the variables that each viewer gives.
        uploads: Which files viewers may give with a message; None for none.
        can_edit: Viewers may change what they have said.
        session_timeout_s: How long a session waits for its viewer, in seconds; None for as long as is usual.
        readme: What `chainlit.md` tells viewers of the chat, or None.
        without_meaning: A sentence that names what stands beside the app and nothing here follows, or None.
    """

    name: str | None = None
    user_env: tuple[str, ...] = ()
    uploads: Uploads | None = Uploads()
    can_edit: bool = True
    session_timeout_s: float | None = None
    readme: str | None = None
    without_meaning: str | None = None


class AppFile:
    """An app's file.

    Args:
        path: Where it is.

    Raises:
        ChatSessionsError: There is no such file, or it is no Python file.

    Example:
        >>> app = AppFile("app.py").load()
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser().resolve()
        if self.path.suffix != ".py" or not self.path.is_file():
            raise ChatSessionsError(f"There is no Python file {str(path)!r} here. Give the path of the app's file.")

    def config(self) -> AppConfig:
        """Read the app's configuration; without one, what is usual.

        Raises:
            ChatSessionsError: The file cannot be read, or says what cannot be.
        """
        folder = self.path.parent
        given, path = config.read(folder), config.path_in(folder)
        name = _table(given, "UI").get("name")
        user_env = _table(given, "project").get("user_env")
        names = user_env if isinstance(user_env, list) else []
        return AppConfig(
            name=name if isinstance(name, str) and name else None,
            user_env=tuple(each for each in names if isinstance(each, str)),
            uploads=_uploads(_table(_table(given, "features"), "spontaneous_file_upload"), path),
            can_edit=app_settings.switch_of(
                _table(given, "features").get("edit_message"), "[features] edit_message", path
            ),
            session_timeout_s=app_settings.timeout_of(_table(given, "project").get("session_timeout"), path),
            readme=app_settings.readme_in(folder),
            without_meaning=app_settings.without_meaning(given, folder),
        )

    def load(self) -> App:
        """Run the file, and return the app of the handlers that it defines. Loaded again, it is read anew.

        Raises:
            Exception: Whatever the file raises. An `ImportError` names what the app uses and is not here.
        """
        package = _PREFIX + blake2b(bytes(self.path), digest_size=8).hexdigest()
        _forget(package)
        root = _Root(package, folder=self.path.parent)
        sys.modules[package] = root
        if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
            sys.meta_path.insert(0, _Finder())
        name = f"{package}.{self.path.stem}"
        spec = spec_from_file_location(name, self.path, loader=_Loader(name, str(self.path), root))
        if spec is None or spec.loader is None:
            raise ChatSessionsError(f"{self.path} cannot be loaded.")
        module = sys.modules[name] = module_from_spec(spec)
        app = App()
        folder = self.path.parent
        app.public = PublicFolder(folder / "public")
        app.trace = app_settings.trace_of(_table(config.read(folder), "UI").get("cot"), config.path_in(folder))
        try:
            with use_app(app):
                spec.loader.exec_module(module)
        except BaseException:
            _forget(package)
            raise
        return app


class _Root(ModuleType):
    """The package that an app's modules stand in: says how their import statements work."""

    def __init__(self, name: str, *, folder: Path) -> None:
        super().__init__(name)
        self.__path__ = [str(folder)]
        self._folder = folder
        self.builtins: dict[str, Any] = {**vars(builtins), "__import__": self._import}

    def _import(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """Import as the statement does: Chainlit's names are ours; then comes what is beside the app, then the rest."""
        top = name.partition(".")[0]
        if level == 0 and top == ALIAS:
            return alias_module(name, fromlist, folder=self._folder)
        if level == 0 and self._is_beside(top):
            leaf = builtins.__import__(f"{self.__name__}.{name}", None, None, fromlist or ("__name__",))
            return leaf if fromlist else sys.modules[f"{self.__name__}.{top}"]
        return builtins.__import__(name, globals, locals, fromlist or (), level)

    def _is_beside(self, name: str) -> bool:
        folder = self._folder / name
        if folder.with_suffix(".py").is_file() or (folder / "__init__.py").is_file():
            return True
        return folder.is_dir() and any(folder.glob("*.py")) and find_spec(name) is None


class _Finder:
    """Finds the modules beside an app."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder`."""
        root = sys.modules.get(fullname.partition(".")[0])
        if not isinstance(root, _Root):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(fullname, spec.loader.path, root)
        return spec


class _Loader(SourceFileLoader):
    """Runs a module with the import statement of its app."""

    def __init__(self, fullname: str, path: str, root: _Root) -> None:
        super().__init__(fullname, path)
        self._root = root

    def exec_module(self, module: ModuleType) -> None:
        """See `importlib.abc.Loader`."""
        vars(module)["__builtins__"] = self._root.builtins
        super().exec_module(module)

    def set_data(self, path: Any, data: Any, *, _mode: int = 0o666) -> None:
        """Write nothing: what is beside an app is its author's."""


def _forget(package: str) -> None:
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        del sys.modules[name]


def _uploads(given: Mapping[str, Any], path: Path) -> Uploads | None:
    """Return which files may be given, as `[features.spontaneous_file_upload]` has it."""
    if given.get("enabled") is False:
        return None
    try:
        accepted = Uploads(accept=kinds_of(given.get("accept", [])))
        return limits(accepted, max_files=given.get("max_files"), max_size_mb=given.get("max_size_mb"))
    except (TypeError, ValueError) as reason:
        raise ChatSessionsError(f"{path}, [features.spontaneous_file_upload]: {reason}") from None


def _table(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = given.get(name)
    return table if isinstance(table, dict) else {}
