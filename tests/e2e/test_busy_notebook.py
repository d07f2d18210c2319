"""A cell keeps the notebook's loop while somebody writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lab_server import Kernel, LabServer
from playwright.sync_api import expect
from visitors import Visit

BOT = """\
%load_ext jupyter_chat_sessions
import pathlib, time
import jupyter_chat_sessions as cl
heard = []

@cl.on_message
async def reply(message):
    heard.append(message.content)
    await cl.Message(f"answer to {message.content}").send()
"""

KEEP_THE_LOOP = """\
until = time.monotonic() + 20
while not pathlib.Path({end!r}).exists() and time.monotonic() < until:
    time.sleep(0.02)
ended = pathlib.Path({end!r}).exists()
"""


@pytest.fixture(scope="module")
def kernel(server: LabServer) -> Iterator[Kernel]:
    kernel = server.start_kernel("busy")
    kernel.run(BOT)
    kernel.run("%chat_session patient")
    kernel.run("%chat_session prompt --run-on thread")
    yield kernel
    kernel.shut_down()


def test_what_is_said_while_a_cell_runs_is_accepted_at_once_and_answered_once_when_it_ends(
    kernel: Kernel, visit: Visit, tmp_path: Path
) -> None:
    bob = visit("bob", "patient")
    bob.chat.expect_status("Connected")
    end = tmp_path / "end"
    kernel.start(KEEP_THE_LOOP.format(end=str(end)))
    bob.chat.say("anybody there?")
    said = bob.chat.log.locator("article[data-step-type=user_message]")
    expect(said).to_have_count(1, timeout=2000)
    assert len(bob.chat_sockets[-1].frames("accepted")) == 1
    bob.chat.expect_status("The notebook is running a cell")
    expect(said).to_contain_text("Waiting: the notebook is running a cell")
    expect(bob.chat.replies).to_have_count(0)
    end.touch()
    bob.chat.expect_reply("answer to anybody there?")
    bob.chat.expect_status("Connected")
    expect(said).not_to_contain_text("Waiting")
    assert kernel.run("print(ended, heard.count('anybody there?'))") == "True 1\n"
    expect(bob.chat.messages).to_have_count(2)


def test_a_chat_on_a_thread_answers_while_a_cell_runs(kernel: Kernel, visit: Visit, tmp_path: Path) -> None:
    bob = visit("bob", "prompt")
    bob.chat.expect_status("Connected")
    end = tmp_path / "end"
    kernel.start(KEEP_THE_LOOP.format(end=str(end)))
    bob.chat.say("quick")
    bob.chat.expect_reply("answer to quick", timeout_s=5)
    bob.chat.expect_status("Connected")
    end.touch()
    assert kernel.run("print(ended, heard.count('quick'))") == "True 1\n"
