"""The wheel alone is enough: it carries the front end, needs no Node, and enables everything by being installed."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, env: dict[str, str] | None = None, cwd: Path = ROOT) -> str:
    done = subprocess.run([str(part) for part in command], env=env, cwd=cwd, text=True, capture_output=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", directory, ROOT)
    assert list(directory.glob("*.tar.gz"))
    return next(directory.glob("*.whl"))


@pytest.fixture(scope="module")
def bare_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A PATH without Node, and Jupyter folders of its own."""
    home = tmp_path_factory.mktemp("home")
    path = os.pathsep.join(
        part
        for part in os.environ["PATH"].split(os.pathsep)
        if not any(shutil.which(tool, path=part) for tool in ("node", "npm"))
    )
    environment = {**os.environ, "PATH": path, "HOME": str(home)}
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        environment[name] = str(home / name.lower())
    environment.pop("VIRTUAL_ENV", None)
    return environment


def test_the_wheel_carries_the_front_end_and_enables_the_extension(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("chat.js", "chat.css", "page.js", "loader.js", "chat-inline.js", "meta.json"):
        assert f"jupyter_chat_sessions/static/{name}" in names
    assert any(name.startswith("jupyter_chat_sessions/static/chunks/") for name in names)
    assert any(name.endswith("etc/jupyter/jupyter_server_config.d/jupyter_chat_sessions.json") for name in names)
    assert not [name for name in names if "node_modules" in name or name.startswith("tests/")]


@pytest.mark.timeout(300)
def test_installing_the_wheel_is_all_there_is_to_do(
    wheel: Path, bare_environment: dict[str, str], tmp_path: Path
) -> None:
    """`pip install` without Node enables the server extension and brings the widget's JupyterLab part."""
    target = tmp_path / "venv"
    run(sys.executable, "-m", "venv", target)
    python = target / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", wheel, env=bare_environment, cwd=tmp_path)
    listed = run(python, "-m", "jupyter", "server", "extension", "list", env=bare_environment, cwd=tmp_path)
    (line,) = [
        line for line in listed.splitlines() if line.split()[:1] == ["jupyter_chat_sessions"] and "OK" not in line
    ]
    assert "enabled" in line
    assert (target / "share" / "jupyter" / "labextensions" / "anywidget").is_dir()
    imported = run(
        python,
        "-c",
        "import jupyter_chat_sessions as cl; from jupyter_chat_sessions.assets import static_version;"
        "print(cl.__version__, len(static_version()))",
        env=bare_environment,
        cwd=tmp_path,
    )
    assert imported.split()[1] == "12"
