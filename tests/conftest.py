"""What all tests share: async tests run on a loop of their own, and no test sees another's chats.

The tests of the Jupyter server bring a loop of their own (`pytest_jupyter`); where that is loaded, ours stands aside.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest

from jupyter_chat_sessions.host.current import use_runtime
from jupyter_chat_sessions.host.runtime import Runtime

# No test is timed: a busy machine is no failure.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    """An exception that only a thread or the garbage collector saw fails the test it belongs to."""
    config.addinivalue_line("filterwarnings", "error::pytest.PytestUnhandledThreadExceptionWarning")
    config.addinivalue_line("filterwarnings", "error::pytest.PytestUnraisableExceptionWarning")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run an async test on a new loop; what that loop could tell nobody else fails the test."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj) or _has_loop_of_its_own(pyfuncitem):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(_strictly(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names})))
    return True


@pytest.fixture(autouse=True)
def runtime() -> Iterator[Runtime]:
    """A runtime without handlers, in the place of the process's own."""
    with use_runtime(Runtime()) as runtime:
        yield runtime
        runtime.close()


def _has_loop_of_its_own(item: pytest.Function) -> bool:
    return item.config.pluginmanager.hasplugin("pytest_jupyter.jupyter_server")


async def _strictly(test: Any) -> None:
    untold: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: untold.append(context))
    await test
    assert not untold
