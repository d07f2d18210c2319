"""Runs the core checks against each ipykernel and each Python that can be had: `make test-matrix`.

Each pair that this environment is not gets one of its own below `.venv-matrix/`, kept for the next run. `--short` takes
the oldest and the newest ipykernel on this Python.
"""

import argparse
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ROOT / ".venv-matrix"
IPYKERNELS = ["6.29.*", "7.0.*", "7.4.*"]
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
CORE = ["tests/notebook"]
WHOLE = ["tests/protocol", "tests/host", "tests/chat", *CORE]
TOOLS = ["hypothesis", "jsonschema", "mypy", "nbclient", "pytest", "pytest-timeout", "pytest-xdist"]
SHOWN = ["matplotlib", "pandas", "plotly", "polars"]
"""What elements are made of."""
BESIDE = ["-n", "2"]
"""Kernels start and stop most of the time: two tests at a time take half of it."""


def find_python(version: str) -> str | None:
    """Return an interpreter of a version, from PATH or from pyenv, if it runs."""
    pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    for candidate in [shutil.which(f"python{version}"), *map(str, pyenv)]:
        if candidate is None:
            continue
        asked = subprocess.run(
            [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True
        )
        if asked.stdout.strip() == version:
            return candidate
    return None


def make_environment(python: str, version: str, ipykernel: str) -> Path:
    """Return the interpreter of an environment that has the package, the tools and one ipykernel."""
    if python == sys.executable and metadata.version("ipykernel").startswith(ipykernel.removesuffix("*")):
        return Path(python)  # this environment is one
    directory = ENVIRONMENTS / f"python{version}-ipykernel{ipykernel.removesuffix('.*')}"
    inside = directory / "bin" / "python"
    if not inside.exists():
        subprocess.run([python, "-m", "venv", directory], check=True)
    packages = ["-e", str(ROOT), f"ipykernel=={ipykernel}", *TOOLS, *SHOWN]
    uv = Path(sys.executable).parent / "uv"
    done = (
        uv.exists()
        and not subprocess.run([uv, "pip", "install", "--quiet", "--python", inside, *packages], cwd=ROOT).returncode
    )
    if not done:
        subprocess.run([inside, "-m", "pip", "install", "--quiet", *packages], check=True, cwd=ROOT)
    return inside


def main() -> int:
    """Run everything; return how many environments failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="oldest and newest ipykernel, this Python, core checks")
    short = parser.parse_args().short
    here = "{}.{}".format(*sys.version_info[:2])
    kernels = [IPYKERNELS[0], IPYKERNELS[-1]] if short else IPYKERNELS
    results: list[tuple[str, str]] = []
    for version in [here] if short else PYTHONS:
        python = sys.executable if version == here else find_python(version)
        if python is None:
            results.append((f"Python {version}", "not on this machine"))
            continue
        for ipykernel in kernels:
            name = f"Python {version}, ipykernel {ipykernel}"
            print(f"== {name}", flush=True)
            inside = make_environment(python, version, ipykernel)
            code = subprocess.run(
                [inside, "-m", "pytest", "-q", *BESIDE, *(CORE if short else WHOLE)], cwd=ROOT
            ).returncode
            results.append((name, "passed" if code == 0 else f"FAILED (pytest exit {code})"))
    print()
    for name, result in results:
        print(f"{name:32} {result}")
    return sum("FAILED" in result for _, result in results)


if __name__ == "__main__":
    sys.exit(main())
