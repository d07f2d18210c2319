"""`%chat_session`: what it opens, lists, picks and ends, and what it says to a slip."""

from __future__ import annotations

import pytest
from real_kernel import Page

ECHO = """\
@cl.on_message
async def reply(message):
    await cl.Message(f"{cl.context.session.id[:8]} heard {message.content}").send()
"""


def test_it_opens_a_chat_of_the_notebooks_name_and_shows_a_widget(page: Page) -> None:
    [shown] = page.run("%chat_session").displays
    assert "application/vnd.jupyter.widget-view+json" in shown
    assert shown["text/plain"] == "Chat “demo”. Run this cell in Jupyter to talk with it."
    assert "<em>Chat “demo”" in shown["text/html"]
    status = page.run("%chat_session status").text
    assert "link      connected to a hub in this kernel" in status
    assert "chat      'demo', 0 sessions, handlers run on the notebook" in status
    assert "handlers  none yet" in status


def test_status_names_every_handler_also_those_of_buttons(page: Page) -> None:
    page.run(ECHO)
    page.run(
        "@cl.on_app_startup\ndef up(): pass\n@cl.data_layer\ndef layer(): return cl.data.BaseDataLayer()\n"
        "@cl.action_callback('vote')\ndef voted(): pass\n@cl.action_callback('it\\'s')\ndef its(): pass"
    )
    status = page.run("%chat_session status").text
    assert (
        "handlers  on_message, on_app_startup, data_layer, action_callback('vote'), action_callback(\"it's\")\n"
        in status
    )


def test_the_options_reach_the_channel_and_the_widget(page: Page) -> None:
    shown = page.run(
        "%chat_session tutor --title 'Ask <me>' --bot-name Ada --when-busy reject --height 60vh --env A_KEY B_KEY"
    )
    assert "Ask &lt;me&gt;" in shown.displays[0]["text/html"]
    settings = page.run(
        "from jupyter_chat_sessions.host.current import current_runtime\n"
        "s = current_runtime().channels[0].settings\n"
        "print(s.name, s.title, s.bot_name, s.when_busy, s.required_env)"
    )
    assert settings.text == "tutor Ask <me> Ada reject ['A_KEY', 'B_KEY']\n"


@pytest.mark.parametrize(
    ("options", "uploads"),
    [
        ("", "Uploads(accept=[], max_files=20, max_bytes=104857600)"),
        ("--uploads off", "None"),
        (
            "--uploads image/* .csv --max-files 2 --max-file-mb 1",
            "Uploads(accept=['image/*', '.csv'], max_files=2, max_bytes=1048576)",
        ),
    ],
)
def test_an_option_says_which_files_viewers_may_give(page: Page, options: str, uploads: str) -> None:
    page.run(f"%chat_session tutor {options}")
    settings = page.run(
        "from jupyter_chat_sessions.host.current import current_runtime\n"
        "print(current_runtime().channels[0].settings.uploads)"
    )
    assert settings.text == f"{uploads}\n"


def test_showing_again_neither_publishes_nor_ends_anything(page: Page) -> None:
    page.run(ECHO)
    first = page.run("%chat_session")
    before = page.run("%%chat_session\nHi").shown
    again = page.run("%chat_session")
    view = "application/vnd.jupyter.widget-view+json"
    assert again.displays[-1][view] == first.displays[-1][view]
    after = page.run("%%chat_session\nHi").shown
    assert before == after, "the same session answers"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("lst", "Did you mean `%chat_session list`? To open a chat of the name 'lst', run `%chat_session open lst`."),
        ("stats", "Did you mean `%chat_session status`?"),
        ("--heigth 3px", "unrecognized arguments: --heigth"),
        ("--height tall", "--height is a CSS length such as 420px or 60vh"),
        ("--uploads csv", "'csv' is neither. Did you mean '.csv'?"),
        ("--max-files 0", "max_files is a whole number from 1 to 100"),
        ("--run-on moon", "invalid choice"),
        ("a/b", "'a/b' cannot be a chat's name"),
        ("--env 1A", "names of variables"),
        ("'open ended", "cannot be read"),
        ("use", "Say whose session"),
        ("use nobody", "No session of this notebook is meant by 'nobody'"),
        ("list all", "Unexpected 'all'"),
        ("new", "No chat is open in this notebook"),
        ("end", "No chat is open in this notebook"),
    ],
)
def test_a_slip_is_answered_with_what_to_do(slips: Page, line: str, says: str) -> None:
    failed = slips.run(f"%chat_session {line}", may_fail=True)
    assert failed.reply is not None
    assert failed.reply["status"] == "error"
    assert failed.stderr.startswith("UsageError: ")
    assert says in failed.stderr
    assert not failed.displays


def test_a_chat_cell_without_a_chat_a_text_or_the_right_name_says_so(slips: Page) -> None:
    assert "Open one first: run %chat_session" in slips.run("%%chat_session\nHi", may_fail=True).stderr
    assert "Write what you want to say" in slips.run("%%chat_session\n  \n", may_fail=True).stderr


def test_a_name_like_a_subcommand_can_be_opened_on_purpose(page: Page) -> None:
    assert page.run("%chat_session open lists").displays
    assert page.run("%chat_session lists").displays


def test_a_notebook_whose_own_name_is_like_a_subcommand_is_no_slip(page: Page) -> None:
    page.run("import os; os.environ.pop('JPY_SESSION_NAME', None); __vsc_ipynb_file__ = '/lessons/restarts.ipynb'")
    assert page.run("%chat_session").displays


def test_new_begins_another_session_and_end_ends_one(page: Page) -> None:
    page.run(ECHO + "\n@cl.on_chat_end\ndef over():\n    print('ended', cl.user_session.get('n'))\n")
    page.run("%chat_session")
    page.run("cl.user_session.set('n', 1)")
    told = page.run("%chat_session new").text
    assert told.startswith("A new session ")
    assert page.run("print(cl.user_session.get('n'))").text == "None\n"
    page.run("cl.user_session.set('n', 2)")
    ended = page.run("%chat_session end").text
    assert "ends." in ended
    assert "heard again" in page.run("%%chat_session\nagain").shown
    assert page.run("print(cl.user_session.get('n'))").text == "None\n"
    table = page.run("%chat_session list").text.splitlines()
    assert table[0].split() == ["session", "user", "client", "chat", "state", "messages"]
    assert [line.split()[1:] for line in table[1:]] == [
        [table[1].split()[1], "Notebook", "notebook", "demo", "idle", "2"]
    ]


def test_loading_twice_reloading_and_unloading_leave_one_of_everything(page: Page) -> None:
    handlers = page.run(ECHO + "    print('heard')\n")
    page.run("%load_ext jupyter_chat_sessions\nfrom jupyter_chat_sessions.notebook import load\nload(get_ipython())")
    page.run("%chat_session")
    page.run("%%chat_session\none")
    page.run("%reload_ext jupyter_chat_sessions")
    assert "open one" not in page.run("%chat_session").text
    assert "heard two" in page.run("%%chat_session\ntwo").shown
    page.run("%unload_ext jupyter_chat_sessions")
    gone = page.run("%chat_session", may_fail=True)
    assert "not found" in gone.stderr
    assert handlers.text == "heard\nheard\n"
    threads = page.run("import threading\nprint([t.name for t in threading.enumerate() if t.name.startswith('chat')])")
    assert threads.text == "[]\n"
    hooks = page.run(
        "ip = get_ipython()\nprint(any('CellWatch' in repr(f) for f in ip.input_transformers_cleanup), "
        "any('CellWatch' in repr(f) for f in ip.events.callbacks['pre_execute']))"
    )
    assert hooks.text == "False False\n"
