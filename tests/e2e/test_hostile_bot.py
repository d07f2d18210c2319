"""What a bot says is untrusted: it runs nothing, calls nobody, and stays inside its message."""

from __future__ import annotations

import pytest
from lab_server import TOLD_BOT, Kernel, LabServer
from network import ForbiddenPort
from notebook_page import NotebookPage
from payloads import payloads
from playwright.sync_api import Dialog, Request, expect
from visitors import Chat, Visit, Visitor

TRAP = """
Object.defineProperty(window, 'pwned', { set: () => console.error('CAUGHT a script') });
"""
REMAINS = """(log) => [...log.querySelectorAll('*')].flatMap((element) => [
    ...(element.matches('script, iframe, object, embed, form, style, link, meta, base, video, audio, template')
        || (element.matches('svg, button') && element.closest('.jcs-copy, .jcs-code-bar') === null
            && !element.matches('.jcs-error > .jcs-body > svg'))
        ? [element.outerHTML] : []),
    ...(element.tagName === 'ARTICLE' && element.parentElement.closest('article') !== null ? ['a forged message'] : []),
    ...[...element.attributes]
        .filter(({ name, value }) => name.startsWith('on')
            || (/^(href|src|srcset|action)$/.test(name) && !/^(https?:|mailto:|#|data:image)/.test(value)))
        .map(({ name, value }) => `${element.tagName} ${name}=${value}`),
])"""
PRESS = "(log) => log.querySelectorAll('a:not([href]), summary, input').forEach((e) => e.click())"


def test_the_traps_catch(visit: Visit) -> None:
    with ForbiddenPort() as port:
        victim, seen = visit("victim"), Seen(port)
        victim.expect_complaint("CAUGHT a script|ERR_|Failed to|CORS")
        seen.watch(victim)
        victim.page.evaluate(TRAP)
        with victim.page.expect_event("requestfailed"):
            victim.page.set_content(payloads(seen.canary)[2])
        assert victim.has_complained("CAUGHT a script")
        assert seen.dialogs == ["alert"]
        assert seen.requests == [f"{seen.canary}script"]
        assert port.calls == ["GET /script HTTP/1.1"]
        victim.page.set_content(
            '<div id="log"><form onclick="x"><a href="javascript:x">x</a></form><article><article></div>'
        )
        assert len(victim.page.locator("#log").evaluate(REMAINS)) == 4


@pytest.mark.timeout(90)
def test_on_the_page_a_hostile_bot_runs_nothing_and_calls_nobody(bot: Kernel, visit: Visit) -> None:
    with ForbiddenPort() as port:
        ada, seen = visit("ada"), Seen(port)
        seen.watch(ada)
        # The sanitiser's own document, where nothing runs, inherits the page's policy and reports what it is to clean.
        ada.expect_complaint("CSP violation: |violates the following Content Security Policy")
        ada.page.goto(bot.server.chat_url("bot"))
        _withstands(ada.chat, bot, seen)


@pytest.mark.timeout(120)
def test_in_the_widget_a_hostile_bot_runs_nothing_and_calls_nobody(server: LabServer, visit: Visit) -> None:
    path = server.write_notebook("hostile.ipynb", [f"%load_ext jupyter_chat_sessions\n{TOLD_BOT}", "%chat_session"])
    with ForbiddenPort() as port:
        ada, seen = visit("ada"), Seen(port)
        lab = NotebookPage.in_lab(ada, server, path)
        lab.run_cell(0)
        lab.run_cell(1)
        seen.watch(ada)
        ada.page.evaluate(TRAP)
        _withstands(lab.chat, server.kernel_of(path), seen)


class Seen:
    """What a hostile text has brought about; scripts that run are complaints in the visitor's console."""

    def __init__(self, port: ForbiddenPort) -> None:
        self.canary = f"http://127.0.0.1:{port.port}/"
        self.dialogs: list[str] = []
        self.requests: list[str] = []
        self._port = port

    @property
    def anything(self) -> bool:
        return bool(self.dialogs or self.requests or self._port.calls)

    def watch(self, visitor: Visitor) -> None:
        visitor.context.add_init_script(TRAP)
        visitor.page.on("dialog", self._on_dialog)
        visitor.context.on("request", self._on_request)

    def _on_dialog(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.type)
        dialog.dismiss()

    def _on_request(self, request: Request) -> None:
        if request.url.startswith(self.canary):
            self.requests.append(request.url)


def _withstands(chat: Chat, bot: Kernel, seen: Seen) -> None:
    texts = payloads(seen.canary)
    assert len(texts) > 40
    bot.run(f"hostile = {texts!r}")
    for way in ("send", "stream", "name", "language", "error"):
        chat.say(f"hostile {way}")
        chat.expect_reply(f"the end of {way}", timeout_s=20)
        expect(chat.messages).to_have_count(len(texts) + 2)
        _is_harmless(chat, seen)
        chat.new_chat.click()
        expect(chat.messages).to_have_count(0)
    chat.say("\n\n".join(texts))
    chat.expect_reply("echo:")
    _is_harmless(chat, seen)


def _is_harmless(chat: Chat, seen: Seen) -> None:
    assert chat.log.evaluate(REMAINS) == []
    chat.log.evaluate(PRESS)
    chat.page.evaluate("new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)))")
    assert not seen.anything, (seen.dialogs, seen.requests)
    expect(chat.box).to_be_visible()
