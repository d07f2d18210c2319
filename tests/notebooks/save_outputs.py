"""Runs the examples beside a real Jupyter server and saves their outputs: `python tests/notebooks/save_outputs.py`."""

from __future__ import annotations

import nbformat
from example import EXAMPLES, Example
from jupyter_server_process import JupyterServerProcess

if __name__ == "__main__":
    with JupyterServerProcess() as server:
        for path in sorted(EXAMPLES.glob("*.ipynb")):
            notebook = Example(path.stem, environment=server.kernel_environment).notebook
            for cell in notebook.cells:
                cell.metadata.pop("execution", None)
            notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
            notebook.metadata["language_info"] = {"name": "python"}
            nbformat.write(notebook, path)
