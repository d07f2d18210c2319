"""The whole story: one notebook, three viewers, a session for each."""

from __future__ import annotations

import re

import pytest
from lab_server import LabServer
from notebook_page import NotebookPage
from playwright.sync_api import expect
from visitors import Chat, Visit, Visitor

NAME_BOT = """\
%load_ext jupyter_chat_sessions
import jupyter_chat_sessions as cl

@cl.on_chat_start
async def start():
    answer = await cl.AskUserMessage(content="Hello! What's your name?", timeout=600).send()
    if answer:
        cl.user_session.set("user_name", answer["output"])
        await cl.Message(content=f"Nice to meet you, {answer['output']}!").send()

@cl.on_message
async def reply(message: cl.Message):
    name = cl.user_session.get("user_name", "User")
    await cl.Message(content=f"{name}, you said: {message.content}").send()"""

HANDLERS, OPEN, READ_NAME = range(3)


@pytest.mark.timeout(180)
def test_everybody_has_a_session_of_their_own_and_keeps_it_while_the_author_changes_the_bot(
    server: LabServer, visit: Visit
) -> None:
    path = server.write_notebook(
        "story.ipynb", [NAME_BOT, "%chat_session", 'print("name:", cl.user_session.get("user_name"))']
    )

    alice = visit("alice")
    lab = NotebookPage.in_lab(alice, server, path)
    lab.run_cell(HANDLERS)
    lab.run_cell(OPEN)
    lab.chat.expect_reply("Hello! What's your name?")
    lab.chat.say("Alice")
    lab.chat.expect_reply("Nice to meet you, Alice!")
    lab.save()

    bob = visit("bob", "story")
    bob.chat.expect_reply("Hello! What's your name?")

    carol = visit("carol")
    notebook = NotebookPage.in_notebook(carol, server, path)
    notebook.chat.expect_reply("Hello! What's your name?", timeout_s=30)

    bob.chat.say("Bob")
    notebook.chat.say("Carol")
    bob.chat.expect_reply("Nice to meet you, Bob!")
    notebook.chat.expect_reply("Nice to meet you, Carol!")

    chats = {"Alice": lab.chat, "Bob": bob.chat, "Carol": notebook.chat}
    words = {"Alice": "amber", "Bob": "birch", "Carol": "coral"}
    for turn in ("first", "second"):
        for name, chat in chats.items():
            chat.say(f"{turn} {words[name]}")
        for name, chat in chats.items():
            chat.expect_reply(f"{name}, you said: {turn} {words[name]}")

    lab.run_cell(READ_NAME)
    expect(lab.output(READ_NAME)).to_have_text("name: Alice")
    notebook.run_cell(READ_NAME)
    expect(notebook.output(READ_NAME)).to_have_text("name: Carol")

    lab.replace_word(HANDLERS, "said", "wrote")
    lab.run_cell(HANDLERS)
    for name, chat in chats.items():
        chat.say(f"third {words[name]}")
        chat.expect_reply(f"{name}, you wrote: third {words[name]}")
        chat.expect_reply(f"{name}, you said: first {words[name]}")

    _reload_keeps(alice, lab.chat, words["Alice"])
    _reload_keeps(bob, bob.chat, words["Bob"])
    _reload_keeps(carol, notebook.chat, words["Carol"])

    lab.run_cell(READ_NAME)
    expect(lab.output(READ_NAME)).to_have_text("name: Alice")

    _no_frame_strays({"amber": alice, "birch": bob, "coral": carol})


@pytest.mark.timeout(120)
def test_a_pending_question_survives_a_reload_of_widget_and_page(server: LabServer, visit: Visit) -> None:
    path = server.write_notebook("asks.ipynb", [NAME_BOT, "%chat_session"])
    alice = visit("alice")
    lab = NotebookPage.in_lab(alice, server, path)
    lab.run_cell(HANDLERS)
    lab.run_cell(OPEN)
    lab.save()
    bob = visit("bob", "asks")
    for visitor, chat, name in ((alice, lab.chat, "Alice"), (bob, bob.chat, "Bob")):
        chat.expect_reply("Hello! What's your name?")
        visitor.page.reload()
        chat.expect_reply("Hello! What's your name?", timeout_s=30)
        expect(chat.root.get_by_text("Answering:")).to_be_visible()
        chat.say(name)
        chat.expect_reply(f"Nice to meet you, {name}!")
        expect(chat.replies).to_have_count(2)


def _reload_keeps(visitor: Visitor, chat: Chat, word: str) -> None:
    before = chat.messages.all_inner_texts()
    visitor.page.reload()
    chat.expect_reply(re.compile(f"third {word}"), timeout_s=30)
    assert chat.messages.all_inner_texts() == before


def _no_frame_strays(visitor_by_word: dict[str, Visitor]) -> None:
    """What is said in one session is seen on no socket of another, neither a chat's nor a kernel's."""
    for word, owner in visitor_by_word.items():
        assert any(socket.has_received(word) for socket in owner.chat_sockets)
        for other in visitor_by_word.values():
            strays = [socket.url for socket in other.sockets if other is not owner and socket.has_received(word)]
            assert not strays, f"{other.name} received what {owner.name} said, on {strays}"
    sessions = {
        owner.name: {welcome["session"] for socket in owner.chat_sockets for welcome in socket.frames("welcome")}
        for owner in visitor_by_word.values()
    }
    assert all(len(ids) == 1 for ids in sessions.values()), sessions
    assert len(set.union(*sessions.values())) == len(sessions)
