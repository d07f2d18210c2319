"""How a kernel finds the Jupyter server that started it.

First the environment, which local kernels inherit from their server; then the server's runtime file, found by the
parent's process id.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from ..protocol.addresses import TOKEN_VARIABLE, URL_VARIABLE, HubAddress, runtime_file_name


def find_hub(
    environment: Mapping[str, str] | None = None, *, runtime_directory: Path | None = None
) -> HubAddress | None:
    """Return the address of this process's hub, or None where there is none.

    Args:
        environment: Environment variables; this process's by default.
        runtime_directory: Where Jupyter servers leave their runtime files; Jupyter's own folder by default.
    """
    environment = os.environ if environment is None else environment
    url, token = environment.get(URL_VARIABLE), environment.get(TOKEN_VARIABLE)
    if url and token:
        return HubAddress(url=url, token=token)
    parent = environment.get("JPY_PARENT_PID", "")
    if not parent.isdecimal():
        return None
    if runtime_directory is None:
        from jupyter_core.paths import jupyter_runtime_dir

        runtime_directory = Path(jupyter_runtime_dir())
    try:
        return msgspec.json.decode((runtime_directory / runtime_file_name(int(parent))).read_bytes(), type=HubAddress)
    except (OSError, msgspec.DecodeError):
        return None
