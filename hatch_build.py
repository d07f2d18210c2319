"""Builds the front end when it is missing, so that `pip install .` works in a checkout that has Node."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontEndBuildHook(BuildHookInterface):
    """Runs npm when `jupyter_chat_sessions/static/chat.js` is not there; a wheel made from an sdist never needs it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the front end.

        Raises:
            RuntimeError: It is missing, and so is npm.
        """
        root = Path(self.root)
        if (root / "jupyter_chat_sessions" / "static" / "chat.js").exists():
            return
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError(
                "The front end is not built and npm is not there: install Node 20 or newer, then try again."
            )
        for command in (["ci"], ["run", "build"]):
            subprocess.run([npm, *command], cwd=root / "labextension", check=True)
