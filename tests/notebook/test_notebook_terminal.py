"""IPython in a terminal: no loop runs between cells and no widget can be shown, and the chat still works."""

from __future__ import annotations

import subprocess
import sys

SESSION = """\
from IPython.terminal.interactiveshell import TerminalInteractiveShell
shell = TerminalInteractiveShell.instance()
for cell in [
    "%load_ext jupyter_chat_sessions",
    "import jupyter_chat_sessions as cl",
    "@cl.on_message\\nasync def reply(m):\\n    await cl.Message('heard ' + m.content).send()\\n",
    "%chat_session demo",
    "%%chat_session\\nHello",
    "%autoawait False",
    "%%chat_session\\nagain",
    "print(cl.context.session.client_type)",
    "%unload_ext jupyter_chat_sessions",
]:
    shell.run_cell(cell).raise_error()
"""


def test_chat_cells_work_in_a_terminal() -> None:
    done = subprocess.run([sys.executable, "-c", SESSION], capture_output=True, text=True, timeout=40, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "The chat 'demo' is open. The widget needs a notebook; here, talk with it in %%chat_session cells.",
        "heard Hello",
        "heard again",
        "notebook",
    ]
