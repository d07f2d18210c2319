"""Two people chat with one host over real sockets and HTTP, lose their connections, and lose nothing else."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace

from jupyter_chat_sessions.protocol.frames import (
    Deliver,
    DeliverAnswer,
    Numbered,
    OpenSession,
    Ping,
    Pong,
    PutStep,
    Welcome,
    encode,
)
from jupyter_chat_sessions.protocol.steps import Step

from .callers import Browser, Server, SocketTab, a_host


async def test_two_people_have_conversations_of_their_own(server: Server) -> None:
    async with a_host(server) as host:
        alice, bob = await (await server.browser()).new_tab(), await (await server.browser()).new_tab()
        assert await alice.ask("this is alice") == "You said this is alice"
        assert await bob.ask("this is bob") == "You said this is bob"
        users = [frame.user.identifier for frame in host.frames if isinstance(frame, OpenSession)]
        assert len(set(users)) == 2
        for tab, user, foreign in ((alice, users[0], b"bob"), (bob, users[1], b"alice")):
            assert tab.transcript[0] == f"Welcome {user}"
            assert foreign not in b"".join(encode(frame) for frame in tab.frames)


async def test_several_tabs_of_one_session_see_the_same(server: Server) -> None:
    async with a_host(server):
        browser = await server.browser()
        created = await browser.create()
        one, two = await browser.tab(created), await browser.tab(created)
        await one.ask("Hello")
        await two.until(lambda: two.transcript == one.transcript)
        assert server.hub.statistics().sessions == 1


async def test_who_comes_back_misses_nothing_and_sees_nothing_twice(server: Server) -> None:
    async with a_host(server) as host:
        browser = await server.browser()
        created = await browser.create()
        stays, leaves = await browser.tab(created), await browser.tab(created)
        await leaves.ask("before")
        await leaves.drop()
        await stays.until(lambda: stays.transcript == leaves.transcript)
        await stays.say("hold")
        await stays.until(lambda: stays.last == "hold" and stays.viewing.conversation.steps[-1].status == "running")
        last = leaves.viewing.last_seq
        leaves.frames.clear()
        await leaves.open()
        await host.release()
        await leaves.until(lambda: leaves.viewing.is_quiet and leaves.last == "You said hold")
        await stays.until(lambda: stays.viewing.last_seq == leaves.viewing.last_seq)
        assert [frame.resumed for frame in leaves.frames if isinstance(frame, Welcome)] == [True]
        numbers = [frame.seq for frame in leaves.frames if isinstance(frame, Numbered)]
        assert numbers == list(range(last + 1, leaves.viewing.last_seq + 1))
        assert leaves.viewing.conversation.snapshot() == stays.viewing.conversation.snapshot()


async def test_what_was_said_while_the_line_was_cut_is_sent_on_return_and_runs_once(server: Server) -> None:
    async with a_host(server):
        tab = await (await server.browser()).new_tab()
        await tab.drop()
        await tab.say("said offline")
        await tab.open()
        await tab.until(lambda: tab.viewing.is_quiet)
        assert tab.transcript[1:] == ["said offline", "You said said offline"]


async def test_a_message_over_http_is_answered_with_what_the_session_says(server: Server) -> None:
    async with a_host(server):
        browser = await server.browser()
        created = await browser.create()
        reply = await post(browser, created, "Hello")
        assert reply["status"] == "done"
        assert reply["steps"][-1]["output"] == "You said Hello"
        assert server.hub.statistics().viewers == 0


async def test_a_message_over_http_shows_in_the_tabs_of_the_session(server: Server) -> None:
    async with a_host(server):
        browser = await server.browser()
        created = await browser.create()
        tab = await browser.tab(created)
        await post(browser, created, "from a script")
        await tab.until(lambda: tab.last == "You said from a script")


async def test_a_question_is_answered_over_http(server: Server) -> None:
    async with a_host(server):
        browser = await server.browser()
        created = await browser.create()
        asked = await post(browser, created, "ask")
        assert (asked["status"], asked["steps"][-1]["output"]) == ("asking", "What is your name?")
        assert asked["question"]["stepId"] == asked["steps"][-1]["id"]
        answered = await post(browser, created, "Ada")
        assert (answered["status"], answered["steps"][-1]["output"]) == ("done", "Hello Ada")
        assert "question" not in answered


ONE, TWO = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
either_way = pytest.mark.parametrize("accept", ["application/json", "text/event-stream"], ids=["plain", "stream"])


@either_way
async def test_a_message_over_http_sent_twice_runs_once_and_is_answered_the_same(server: Server, accept: str) -> None:
    async with a_host(server) as host:
        browser = await server.browser()
        created = await browser.create()
        first = await post(browser, created, "Hello", accept=accept, clientId=ONE)
        await post(browser, created, "Something else", accept=accept)
        assert await post(browser, created, "Hello", accept=accept, clientId=ONE) == first
        assert (first["status"], [step["output"] for step in first["steps"]]) == ("done", ["You said Hello"])
        assert await refused(browser, created, "other", accept=accept, clientId=ONE) == (409, "conflict")
        assert sum(isinstance(frame, Deliver) for frame in host.frames) == 2


@either_way
async def test_a_message_that_led_to_a_question_and_its_answer_are_answered_the_same_again(
    server: Server, accept: str
) -> None:
    async with a_host(server) as host:
        browser = await server.browser()
        created = await browser.create()
        asked = await post(browser, created, "ask", accept=accept, clientId=ONE)
        assert await post(browser, created, "ask", accept=accept, clientId=ONE) == asked
        assert (asked["status"], asked["steps"][-1]["output"]) == ("asking", "What is your name?")
        answered = await post(browser, created, "Ada", accept=accept, clientId=TWO)
        assert (answered["status"], [step["output"] for step in answered["steps"]]) == ("done", ["Hello Ada"])
        await post(browser, created, "ask", accept=accept)  # A question that neither has to do with.
        assert await post(browser, created, "Ada", accept=accept, clientId=TWO) == answered
        assert await refused(browser, created, "Eve", accept=accept, clientId=TWO) == (409, "conflict")
        whole = await post(browser, created, "ask", accept=accept, clientId=ONE)
        assert whole == {"status": "done", "steps": asked["steps"] + answered["steps"]}
        assert sum(isinstance(frame, Deliver) for frame in host.frames) == 2
        assert sum(isinstance(frame, DeliverAnswer) for frame in host.frames) == 1


@pytest.mark.parametrize("written", ["Ada", " ADA ", "1"])
async def test_an_answer_that_chose_a_button_is_answered_the_same_again(server: Server, written: str) -> None:
    async with a_host(server) as host:
        browser = await server.browser()
        created = await browser.create()
        await post(browser, created, "ask with buttons")
        answered = await post(browser, created, written, clientId=ONE)
        assert answered["status"] == "done"
        assert await post(browser, created, written, clientId=ONE) == answered
        assert await refused(browser, created, "Eve", accept="application/json", clientId=ONE) == (409, "conflict")
        # Authors take the buttons away once one of them is chosen.
        steps = server.hub._sessions[created["session"]].conversation.steps
        (asking,) = [step for step in steps if step.actions]
        await host.emit(created["session"], PutStep(step=replace(asking, actions=[])))
        await post(browser, created, "comes after it")
        assert await post(browser, created, written, clientId=ONE) == answered
        assert await refused(browser, created, "Eve", accept="application/json", clientId=ONE) == (409, "conflict")
        assert sum(isinstance(frame, DeliverAnswer) for frame in host.frames) == 1


@either_way
async def test_a_message_sent_again_while_it_runs_waits_for_its_end(server: Server, accept: str) -> None:
    async with a_host(server) as host:
        browser = await server.browser()
        created = await browser.create()
        tab = await browser.tab(created)
        replies = []
        for viewers in (2, 3):
            replies.append(asyncio.create_task(post(browser, created, "hold", accept=accept, clientId=ONE)))
            await until_there_are(tab, viewers)
            await tab.until(lambda: "run" in tab.state)
        await host.release()
        first, second = await asyncio.gather(*replies)
        assert first == second
        assert (first["status"], [step["output"] for step in first["steps"]]) == ("done", ["You said hold"])
        assert sum(isinstance(frame, Deliver) for frame in host.frames) == 1


async def test_a_stream_that_is_asked_for_again_begins_with_what_was_said_so_far(server: Server) -> None:
    async with a_host(server):
        browser = await server.browser()
        created = await browser.create()
        await post(browser, created, "Hello", clientId=ONE)
        events = await stream(browser, created, "Hello", clientId=ONE)
        assert [name for name, _ in events] == ["put_step", "put_step", "done"]
        assert [data["step"]["output"] for name, data in events[:2]] == ["Hello", "You said Hello"]


async def test_a_message_over_http_is_streamed_as_it_comes(server: Server) -> None:
    async with a_host(server):
        browser = await server.browser()
        created = await browser.create()
        events = await stream(browser, created, "Hello")
        assert "".join(data["text"] for name, data in events if name == "append_text") == "You said Hello"
        name, reply = events[-1]
        assert (name, reply["status"], reply["steps"][-1]["output"]) == ("done", "done", "You said Hello")
        assert [name for name, _ in events].count("done") == 1


async def test_a_caller_over_http_that_goes_away_is_no_viewer_any_more_and_its_run_goes_on(server: Server) -> None:
    async with a_host(server) as host:
        browser = await server.browser()
        created = await browser.create()
        tab = await browser.tab(created)
        body = json.dumps({"text": "hold"})
        headers = {
            **browser.own_page,
            "Host": f"127.0.0.1:{server.app.port}",
            "Origin": f"http://127.0.0.1:{server.app.port}",
            "X-Chat-Session-Secret": created["secret"],
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        path = f"{server.app.base_url}api/chat-sessions/sessions/{created['session']}/messages"
        _, writer = await asyncio.open_connection("127.0.0.1", server.app.port)
        writer.write(f"POST {path} HTTP/1.1\r\n{lines}\r\n{body}".encode())
        await tab.until(lambda: "run" in tab.state)
        assert server.hub.statistics().viewers == 2
        writer.close()
        await until_there_are(tab, 1)
        await host.release()
        await tab.until(lambda: tab.last == "You said hold")


@pytest.mark.parametrize("chat_config", [{"max_write_buffer": 2**18, "window_bytes": 2**18}])
async def test_a_viewer_that_does_not_read_is_let_go_and_slows_nobody(server: Server) -> None:
    async with a_host(server) as host:
        browser = await server.browser()
        created = await browser.create()
        slow, fast = await browser.tab(created), await browser.tab(created)
        step = Step(id=str(uuid4()), type="assistant_message", name="Bot")
        # What the operating system takes for a peer that does not read is a matter of megabytes.
        for number in range(400):
            text = f"{number} " + "x" * 100_000
            await host.emit(created["session"], PutStep(step=replace(step, output=text)))
            await fast.until(lambda text=text: fast.last == text)  # type: ignore[misc]
            if server.hub.statistics().viewers == 1:
                break
        while server.hub.statistics().viewers == 2:
            await asyncio.wait_for(browser.request("GET", ""), 10)
        assert await slow.line.until_closed() in (None, 4008)
        slow.viewing.disconnected()
        await slow.open()
        assert slow.viewing.conversation.snapshot() == fast.viewing.conversation.snapshot()
        assert "gap" not in fast.effects


@pytest.mark.parametrize("chat_config", [{"max_sessions_per_user": 1}])
async def test_who_has_too_many_sessions_is_told_what_to_do_and_others_are_let_in(server: Server) -> None:
    async with a_host(server):
        alice, bob = await server.browser(), await server.browser()
        created = await alice.create()
        refused = await alice.request("POST", "sessions", body={"channel": "lesson"})
        body = json.loads(refused.body)
        assert (refused.code, body["code"]) == (429, "busy")
        assert "End one, or wait" in body["text"]
        await bob.create()
        await alice.request("DELETE", f"sessions/{created['session']}", secret=created["secret"])
        await alice.create()


async def test_ending_over_http_says_goodbye_to_the_tabs(server: Server) -> None:
    async with a_host(server):
        browser = await server.browser()
        created = await browser.create()
        tab = await browser.tab(created)
        response = await browser.request("DELETE", f"sessions/{created['session']}", secret=created["secret"])
        assert response.code == 204
        await tab.until(lambda: tab.viewing.bye is not None)
        assert await tab.line.until_closed() == 4410
        assert server.hub.statistics() == (1, 1, 0, 0)


async def test_a_host_that_leaves_shows_to_its_viewers(server: Server) -> None:
    async with a_host(server):
        tab = await (await server.browser()).new_tab()
    await tab.until(lambda: tab.state["host"] == "gone")


async def test_a_chat_counts_as_activity_of_the_server(server: Server) -> None:
    async with a_host(server):
        settings = server.app.web_app.settings
        browser = await server.browser()
        created = await browser.create()
        first = settings["chat_sessions_last_activity"]
        tab = await browser.tab(created)
        await tab.ask("Hello")
        assert settings["chat_sessions_last_activity"] > first
        assert server.last_activity() == settings["chat_sessions_last_activity"]


async def post(
    browser: Browser, created: dict[str, str], text: str, *, accept: str = "application/json", **more: str
) -> dict[str, Any]:
    if accept == "text/event-stream":
        name, reply = (await stream(browser, created, text, **more))[-1]
        assert name == "done"
        return reply
    response = await browser.request("POST", **the_message(created, text, **more))
    assert response.code == 200, response.body
    plain: dict[str, Any] = json.loads(response.body)
    return plain


async def stream(browser: Browser, created: dict[str, str], text: str, **more: str) -> list[tuple[str, dict[str, Any]]]:
    chunks: list[bytes] = []
    response = await browser.request(
        "POST",
        **the_message(created, text, **more),
        headers={"Accept": "text/event-stream"},
        streaming_callback=chunks.append,
    )
    assert (response.code, response.headers["Content-Type"]) == (200, "text/event-stream")
    return [parsed(block) for block in b"".join(chunks).decode().split("\n\n") if block]


async def refused(browser: Browser, created: dict[str, str], text: str, *, accept: str, **more: str) -> tuple[int, str]:
    response = await browser.request("POST", **the_message(created, text, **more), headers={"Accept": accept})
    return response.code, json.loads(response.body)["code"]


def the_message(created: dict[str, str], text: str, **more: str) -> dict[str, Any]:
    path = f"sessions/{created['session']}/messages"
    return {"path": path, "secret": created["secret"], "body": {"text": text, **more}}


async def until_there_are(tab: SocketTab, viewers: int) -> None:
    """Ask for a sign of life until the hub, which answers in order, counts so many viewers."""
    pongs = sum(isinstance(frame, Pong) for frame in tab.frames)
    while tab.server.hub.statistics().viewers != viewers:
        await tab.line.put(Ping())
        pongs += 1
        await tab.until(lambda: sum(isinstance(frame, Pong) for frame in tab.frames) == pongs)  # noqa: B023


def parsed(block: str) -> tuple[str, dict[str, Any]]:
    name, data = block.split("\n")
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


@pytest.mark.parametrize("chat_config", [{"max_write_buffer": 2**18}])
async def test_a_conversation_larger_than_what_may_wait_can_be_opened_again(server: Server) -> None:
    async with a_host(server) as host:
        browser = await server.browser()
        created = await browser.create()
        tab = await browser.tab(created)
        for number in range(8):
            text = f"{number} " + "x" * 100_000
            step = Step(id=str(uuid4()), type="assistant_message", name="Bot", output=text)
            await host.emit(created["session"], PutStep(step=step))
            await tab.until(lambda text=text: tab.last == text)  # type: ignore[misc]
        again = await browser.tab(created)
        assert again.transcript == tab.transcript


@pytest.mark.parametrize("chat_config", [{"host_silence": 0.2, "host_grace": 0.2}])
async def test_a_host_elsewhere_that_falls_silent_is_let_go_and_what_ran_there_is_interrupted(server: Server) -> None:
    await server.start_extension()
    async with a_host(server):
        tab = await (await server.browser()).new_tab()
        await tab.say("hold")
        await tab.until(lambda: tab.state.get("run") is not None)
        await tab.until(lambda: tab.state.get("host") == "busy")
        await tab.until(lambda: tab.state.get("host") == "gone")

        def status() -> list[str | None]:
            return [step.status for step in tab.viewing.conversation.steps if step.client_id]

        await tab.until(lambda: status() == ["interrupted"])
    async with a_host(server):
        await tab.until(lambda: tab.state.get("host") == "connected")
        assert await tab.ask("Hello") == "You said Hello"
