"""Run with the Python of an environment that holds Chainlit: serves apps, each in a process of its own.

What takes seconds, to import Chainlit, is done once; then each app gets a fork of this process, in which Chainlit's own
`run` does the rest. All apps share a folder, whose `.chainlit/config.toml` is read at the import.

    python chainlit_server.py NAME=PORT …
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Serve the apps named on the command line, in the working directory, until the standard input is closed."""
    import chainlit.server  # noqa: F401  # the better part of what takes time
    from chainlit.cli import run_chainlit

    for given in sys.argv[1:]:
        name, _, port = given.partition("=")
        if os.fork() == 0:
            os.environ["CHAINLIT_PORT"] = port
            run_chainlit(f"{name}.py")
            os._exit(0)
    sys.stdin.read()


main()
