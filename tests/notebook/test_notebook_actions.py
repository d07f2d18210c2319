"""A `%%chat_session` cell shows buttons, and answers a question with one by its label or number."""

from __future__ import annotations

from real_kernel import Page

ASKS = """\
@cl.on_message
async def reply(message):
    buttons = [cl.Action(name="a", payload={"n": 1}, label="Yes"), cl.Action(name="b", payload={"n": 2}, label="No")]
    answer = await cl.AskActionMessage("Shall we?", actions=buttons).send()
    await cl.Message(f"chosen: {answer['payload']['n']}").send()
"""


def test_a_question_with_buttons_is_answered_in_the_next_cell(page: Page) -> None:
    page.run(ASKS)
    page.run("%chat_session")
    asked = page.run("%%chat_session\nHello").shown
    assert "Shall we?\n[1: Yes]\n[2: No]" in asked
    assert "The next %%chat_session cell answers this question." in asked
    assert "chosen: 2" in page.run("%%chat_session\nno").shown
    page.run("%%chat_session\nAgain")
    assert "chosen: 1" in page.run("%%chat_session\n1").shown
