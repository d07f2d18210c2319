"""A kernel for each test, with the author's API in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from real_kernel import Page, RealKernel

LOAD = """\
%load_ext jupyter_chat_sessions
import jupyter_chat_sessions as cl
"""


@pytest.fixture
def kernel() -> Iterator[RealKernel]:
    with RealKernel() as kernel:
        yield kernel


@pytest.fixture
def page(kernel: RealKernel) -> Page:
    page = kernel.page()
    page.run(LOAD)
    return page


@pytest.fixture(scope="module")
def slips() -> Iterator[Page]:
    """A page on one kernel for many tests that change nothing."""
    with RealKernel() as kernel:
        page = kernel.page()
        page.run(LOAD)
        yield page
