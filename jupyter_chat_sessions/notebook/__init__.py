"""The chat in a notebook: magics, widget, and which session a cell sees.

Only this package knows IPython and ipywidgets.
"""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell

from .magics import ChatMagics
from .notebook import Notebook

_REGISTERED_AS = ChatMagics.__name__


def load(shell: InteractiveShell) -> None:
    """Set up the magics and the link to the hub. Loading twice does nothing.

    Args:
        shell: IPython's shell; in a kernel or in a terminal.
    """
    if _REGISTERED_AS in shell.magics_manager.registry:
        return
    notebook = Notebook(shell)
    notebook.start()
    shell.register_magics(ChatMagics(shell, notebook))


def unload(shell: InteractiveShell) -> None:
    """Take everything that `load` set up away: the notebook's chats are closed, and their sessions end."""
    magics = shell.magics_manager.registry.pop(_REGISTERED_AS, None)
    if magics is None:
        return
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("chat_session", None)
    magics.notebook.close()
