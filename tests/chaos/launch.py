"""Starts a Jupyter server with bugs seeded into it: `python -m tests.chaos.launch BUG,BUG [server's options]`."""

from __future__ import annotations

import sys

from jupyter_server.serverapp import main

from .seeded import seed

if __name__ == "__main__":
    seed(*filter(None, sys.argv[1].split(",")))
    main(sys.argv[2:])
