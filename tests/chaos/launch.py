"""Starts a Jupyter server, with bugs asleep in it where that is wanted: `python -m tests.chaos.launch [options]`."""

from __future__ import annotations

import sys

from jupyter_server.serverapp import main

from .seeded import seed

if __name__ == "__main__":
    seed()
    main(sys.argv[1:])
