"""Cells show buttons, answer a question with one by its label or number, and press those of messages by label."""

from __future__ import annotations

from real_kernel import Outputs, Page

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


VOTES = """\
@cl.on_message
async def propose(message):
    if message.content == "go":
        no = cl.Action(name="vote", payload={"value": "no"}, label="Don't")
        yes = cl.Action(name="agree", payload={"value": "yes"}, label="Yes please")
        await cl.Message("Shall we?", actions=[yes, no]).send()
    else:
        await cl.Message(f"said: {message.content}").send()

@cl.action_callback("vote")
@cl.action_callback("agree")
async def voted(action):
    await cl.Message(f"pressed: {action.payload['value']}").send()
"""


def propose(page: Page) -> Outputs:
    """Show a message with buttons, in a cell; return what the cell shows."""
    page.run(VOTES)
    page.run("%chat_session")
    return page.run("%%chat_session\ngo")


def test_what_stands_on_a_messages_button_or_its_name_presses_it(page: Page) -> None:
    shown = propose(page)
    assert shown.shown == "Shall we?\n[Yes please]\n[Don't]\n\n(%chat_session press LABEL presses a button.)"
    assert "`%chat_session press LABEL`" in [*shown.displays, *shown.updates][-1]["text/markdown"]
    assert page.run("%chat_session press yes  please").shown == "pressed: yes"
    assert page.run("%chat_session press Don't").shown == "pressed: no"
    assert page.run('%chat_session press "vote"').shown == "pressed: no"


def test_what_is_pressed_is_done_before_the_next_line_runs(page: Page) -> None:
    propose(page)
    page.run("for _ in range(2):\n    %chat_session press agree\nsaid = [m.content for m in cl.chat_context.get()]")
    assert page.run("print(said[-2:])").text == "['pressed: yes', 'pressed: yes']\n"


def test_a_number_or_a_label_in_a_cell_is_something_that_is_said(page: Page) -> None:
    propose(page)
    assert page.run("%%chat_session\n1").shown == "said: 1"
    assert page.run("%%chat_session\nYes please").shown == "said: Yes please"


def test_it_is_pressed_in_the_chat_that_the_cells_last_spoke_in(page: Page) -> None:
    page.run(VOTES)
    page.run("%chat_session first")
    page.run("%chat_session second")
    page.run("%%chat_session first\ngo")
    assert page.run("%chat_session press Yes please").shown == "pressed: yes"


def test_a_button_of_a_question_answers_it(page: Page) -> None:
    page.run(ASKS)
    page.run("%chat_session")
    page.run("%%chat_session\nHello")
    assert page.run("%chat_session press No").shown == "**Selected:** No\n\nchosen: 2"


def test_a_slip_is_said_with_the_buttons_that_there_are(page: Page) -> None:
    page.run(VOTES)
    page.run("%chat_session")
    assert "Say which button" in page.run("%chat_session press", may_fail=True).stderr
    assert "No message has a button" in page.run("%chat_session press Yes", may_fail=True).stderr
    page.run("%%chat_session\ngo")
    slip = page.run("%chat_session press Yes", may_fail=True).stderr
    assert slip.startswith("UsageError: No button is called 'Yes'.")
    assert "'Yes please', \"Don't\"" in slip


def test_a_cell_that_cannot_await_says_so_or_presses_in_a_thread(page: Page) -> None:
    page.run(VOTES)
    page.run("%chat_session")
    page.run("%chat_session threaded --run-on thread")
    page.run("%%chat_session threaded\ngo")
    page.run("%autoawait False")
    assert page.run("%chat_session press Yes please").shown == "pressed: yes"
    page.run("%autoawait asyncio")
    page.run("%%chat_session demo\ngo")
    page.run("%autoawait False")
    refused = page.run("%chat_session press Yes please", may_fail=True)
    assert "open the chat with `--run-on thread`" in refused.stderr


def test_an_answer_that_is_no_button_is_refused_and_the_question_stays(page: Page) -> None:
    page.run(ASKS)
    page.run("%chat_session")
    page.run("%%chat_session\nHello")
    refused = page.run("%%chat_session\nperhaps", may_fail=True).stderr
    assert "This question is answered with one of its buttons: its label, or its number." in refused
    assert "chosen: 1" in page.run("%%chat_session\nyes").shown


def test_a_question_under_a_cell_is_asked_again_after_a_slip(page: Page) -> None:
    page.run("%chat_session")
    request = page.start(
        "choices = [cl.Action(name='a', payload={}, label='Yes'), cl.Action(name='b', payload={}, label='No')]\n"
        "print((await cl.AskActionMessage('Shall we?', actions=choices).send())['name'])",
        allow_stdin=True,
    )
    asked = [page.answer_input("perhaps"), page.answer_input("2")]
    assert asked == ["Shall we? (Yes / No) "] * 2
    told = page.finish(request).text
    assert told == "This question is answered with one of its buttons: its label, or its number.\nb\n"
