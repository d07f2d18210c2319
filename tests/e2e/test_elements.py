"""Elements in a real browser: every kind on the page and in JupyterLab, in light and dark, on screens of any width."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe import violations
from lab_server import Kernel, LabServer
from network import ForbiddenPort
from notebook_page import NotebookPage
from payloads import payloads
from playwright.sync_api import Locator, expect
from test_hostile_bot import REMAINS, TRAP, Seen
from visitors import Chat, Visit

WIDER_THAN_WINDOW = """
(log) => [...log.querySelectorAll('.jcs-element')].filter((e) => e.getBoundingClientRect().right > innerWidth).length
"""
BOT = (Path(__file__).parent / "elements_bot.py").read_text()

FILM = """async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 48 });
    const drawn = canvas.getContext('2d');
    const recorder = new MediaRecorder(canvas.captureStream(), { mimeType: 'video/webm' });
    const pieces = [];
    const recorded = new Promise((done) => {
        recorder.ondataavailable = ({ data }) => pieces.push(data);
        recorder.onstop = done;
    });
    recorder.start();
    for (let frame = 0; frame < 20; frame++) {
        drawn.fillStyle = `hsl(${frame * 18} 80% 50%)`;
        drawn.fillRect(0, 0, 64, 48);
        await new Promise(requestAnimationFrame);
    }
    recorder.stop();
    await recorded;
    return btoa(String.fromCharCode(...new Uint8Array(await new Blob(pieces).arrayBuffer())));
}"""
"""Records a film that is a few frames long."""
PLAYED = """async (player) => {
    const ended = new Promise((done) => player.addEventListener('ended', done));
    await player.play();
    await ended;
    return player.currentTime;
}"""
"""Plays to the end; returns where that is, in seconds."""

APP_WITH_A_PICTURE = """\
import chainlit as cl

@cl.on_message
async def reply(message):
    answer = cl.Message("")
    for token in ("See ![a sky](/pub", "lic/sky.png) and", " ![gone](/public/gone.png)."):
        await answer.stream_token(token)
    await answer.send()
"""

OWN_BUTTONS = {
    *("jcs-attach", "jcs-chip", "jcs-copy", "jcs-edit", "jcs-fold", "jcs-icon", "jcs-link", "jcs-new", "jcs-quiet"),
    *("jcs-reopen", "jcs-send", "jcs-sort", "jcs-stop", "jcs-tool"),
}
BUTTON_ATTRIBUTES = {"type", "title", "disabled", "aria-label", "aria-expanded", "aria-busy"}
SIGN = re.compile(
    r'<svg(?: class="jcs-sign")? viewBox="0 0 \d\d \d\d" aria-hidden="true">'
    r'(?:<(path|circle|rect|line|polyline)(?: [a-z0-9]+="[\w .,-]*")+></\1>)+</svg>'
)
FORGED = """(root) => [
    '.jcs-markdown', '.jcs-plain', '.jcs-html', '.jcs-by-host', '.jcs-chip-name', '.jcs-element-name',
    'td', 'tbody th', 'bdi',
]
    .flatMap((place) => [...root.querySelectorAll(`${place} :is(button, svg, form)`)])
    .filter((found) => !found.matches('.jcs-code > .jcs-code-bar > button:not([class])'))
    .map((found) => found.outerHTML)
"""
"""What stands where only texts of others do, and is more than text."""


@pytest.fixture(scope="module")
def shower(server: LabServer) -> Kernel:
    """A kernel with the bot, open as the chat `shower`."""
    kernel = server.start_kernel("shower")
    kernel.run(f"%load_ext jupyter_chat_sessions\n{BOT}")
    kernel.run("%chat_session shower")
    return kernel


def element(chat: Chat, kind: str) -> Locator:
    return chat.log.locator(f".jcs-element-{kind}").first


def see_everything(chat: Chat) -> None:
    """Ask for every kind of element, and wait until each has come."""
    chat.say("everything")
    reply = chat.expect_reply("Here is everything.", timeout_s=20)
    expect(reply.locator("[data-element-id]")).to_have_count(14)
    # What is far from what is seen is fetched when somebody comes near.
    element(chat, "image").scroll_into_view_if_needed()
    expect(reply.get_by_role("img", name="a gradient")).to_have_js_property("naturalWidth", 240)
    expect(reply.get_by_role("img", name="a plan")).to_have_js_property("complete", True)
    expect(element(chat, "text")).to_contain_text("Some bold notes.")
    expect(reply.locator("[class*=hljs]").first).to_be_attached()
    expect(element(chat, "pdf").locator("iframe, button").first).to_be_attached()
    expect(element(chat, "audio").locator("audio")).to_have_js_property("duration", 1)
    expect(element(chat, "video")).to_contain_text("This browser cannot play it.")
    element(chat, "dataframe").scroll_into_view_if_needed()
    expect(element(chat, "dataframe")).to_contain_text("60 of 1,000,000 rows shown")
    element(chat, "plotly").scroll_into_view_if_needed()
    expect(element(chat, "plotly").locator("svg.main-svg").first).to_be_attached(timeout=20_000)
    reply.locator(".jcs-element-display").last.scroll_into_view_if_needed()
    frame = element(chat, "display").locator("iframe").content_frame
    expect(frame.locator("td")).to_have_text(["1", "x", "22", "y"])
    expect(reply.locator("math")).to_have_count(1)
    expect(reply.locator(".jcs-plain")).to_have_text("<Object at 0x1>")


@pytest.mark.timeout(90)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_kind_shows_on_the_page(shower: Kernel, visit: Visit, scheme: str) -> None:
    ada = visit("ada", "shower", color_scheme=scheme)
    # The sanitiser's own document, where nothing runs, inherits the page's policy and reports what it is to clean.
    ada.expect_complaint("CSP violation: style-src|Applying inline style violates")
    see_everything(ada.chat)
    table = element(ada.chat, "dataframe")
    table.get_by_role("button", name="people").press("Enter")
    expect(table.get_by_role("columnheader", name="people")).to_have_attribute("aria-sort", "ascending")
    table.get_by_role("button", name="Next").press("Enter")
    expect(table).to_contain_text("Page 2 of 3")
    plot = element(ada.chat, "plotly")
    assert plot.locator("svg.main-svg").first.bounding_box()["width"] <= plot.bounding_box()["width"]
    assert violations(ada.page) == []


def test_a_picture_opens_large_with_the_keyboard_alone(shower: Kernel, visit: Visit) -> None:
    ada = visit("ada", "shower")
    ada.chat.say("kind a gradient")
    small = ada.page.get_by_role("button", name="Open a gradient")
    before = small.bounding_box()
    expect(small.get_by_role("img")).to_have_js_property("naturalWidth", 240)
    assert small.bounding_box() == before
    small.press("Enter")
    large = ada.page.get_by_role("dialog", name="a gradient")
    expect(large.get_by_role("img")).to_be_visible()
    ada.page.keyboard.press("+")
    expect(large.get_by_role("status")).to_have_text("150 %")
    assert violations(ada.page) == []
    ada.page.keyboard.press("Escape")
    expect(large).to_have_count(0)
    expect(small).to_be_focused()


def test_a_picture_of_public_shows_where_a_streamed_text_calls_it(shower: Kernel, visit: Visit) -> None:
    folder = shower.server.notebooks
    (folder / "public").mkdir()
    (folder / "sky.py").write_text(APP_WITH_A_PICTURE)
    shower.run("import pathlib; pathlib.Path('public/sky.png').write_bytes(png())\n%chat_session run sky.py")
    ada = visit("ada", "sky")
    ada.chat.say("anything")
    text = ada.chat.log.locator(".jcs-markdown p", has_text="See")
    picture = text.get_by_role("img", name="a sky")
    expect(picture).to_have_js_property("naturalWidth", 240)
    expect(text).to_have_text("See  and 🖼 gone.")
    expect(ada.chat.log.get_by_role("img")).to_have_count(1)
    ada.page.reload()
    expect(picture).to_have_js_property("naturalWidth", 240)


def test_a_file_is_saved_under_its_name(shower: Kernel, visit: Visit) -> None:
    ada = visit("ada", "shower")
    ada.chat.say("kind data.csv")
    with ada.page.expect_download() as saved:
        element(ada.chat, "file").get_by_role("button").click()
    assert saved.value.suggested_filename == "data.csv"
    assert saved.value.path().read_text() == "a,b\n1,2\n"


def test_sound_and_film_play_to_their_end(shower: Kernel, visit: Visit) -> None:
    ada = visit("ada", "shower")
    shower.run(f"import base64\nfilm[:] = [base64.b64decode({ada.page.evaluate(FILM)!r})]")
    ada.chat.say("recordings")
    ada.chat.expect_reply("Listen, and watch.")
    sound, film = element(ada.chat, "audio").locator("audio"), element(ada.chat, "video").locator("video")
    expect(sound).to_have_js_property("duration", 1)
    expect(sound).to_have_accessible_name("silence.wav")
    expect(film).to_have_js_property("videoWidth", 64)
    for player in (sound, film):
        expect(player).to_have_js_property("paused", True)
        assert player.evaluate(PLAYED) > 0
        expect(player).to_have_js_property("error", None)
    expect(sound).to_have_js_property("currentTime", 1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_stands_beside_the_conversation(shower: Kernel, visit: Visit, scheme: str) -> None:
    ada = visit("ada", "shower", color_scheme=scheme)
    for words in ("tasks", "signs", "beside side"):
        ada.chat.say(words)
    ada.page.get_by_role("button", name="the small print", exact=True).press("Enter")
    panel = ada.page.get_by_role("complementary", name="the small print")
    expect(panel).to_contain_text("Nothing is promised.")
    expect(ada.page.locator(".jcs-sign")).to_have_count(2)
    expect(ada.page.get_by_role("region", name="Tasks")).to_contain_text("1 of 3 done")
    line = ada.page.get_by_role("separator")
    width = panel.bounding_box()["width"]
    line.press("ArrowLeft")
    assert panel.bounding_box()["width"] > width
    assert violations(ada.page) == []
    line.press("Escape")
    expect(panel).to_have_count(0)
    ada.chat.say("sidebar one")
    expect(ada.page.get_by_role("complementary", name="Sources")).to_contain_text("Said so.")
    ada.page.reload()
    expect(ada.page.get_by_role("complementary", name="Sources")).to_contain_text("Said so.")
    ada.page.get_by_role("button", name="Close Sources").press("Enter")
    expect(ada.page.get_by_role("button", name="Show Sources")).to_be_visible()


def test_on_a_narrow_screen_it_takes_the_place_of_the_conversation(shower: Kernel, visit: Visit) -> None:
    ada = visit("ada", "shower")
    ada.expect_complaint("CSP violation: style-src|Applying inline style violates")
    ada.page.set_viewport_size({"width": 320, "height": 640})
    ada.chat.say("tasks")
    expect(ada.page.get_by_role("region", name="Tasks").get_by_role("list")).to_have_count(0)
    see_everything(ada.chat)
    wide = ada.chat.log.evaluate(WIDER_THAN_WINDOW)
    assert wide == 0
    ada.chat.say("beside page")
    ada.page.get_by_role("button", name="the small print", exact=True).click()
    sheet = ada.page.get_by_role("dialog", name="the small print")
    expect(sheet).to_contain_text("Nothing is promised.")
    assert violations(ada.page) == []
    sheet.get_by_role("button", name="Back").click()
    expect(sheet).to_have_count(0)
    expect(ada.chat.box).to_be_visible()


@pytest.mark.timeout(120)
def test_every_kind_shows_in_jupyterlab(server: LabServer, visit: Visit) -> None:
    path = server.write_notebook("elements.ipynb", [f"%load_ext jupyter_chat_sessions\n{BOT}", "%chat_session"])
    ada = visit("ada")
    lab = NotebookPage.in_lab(ada, server, path)
    lab.run_cell(0)
    lab.run_cell(1)
    see_everything(lab.chat)
    assert violations(ada.page, within=".jcs") == []


@pytest.mark.timeout(120)
def test_on_the_page_hostile_elements_run_nothing_and_call_nobody(shower: Kernel, visit: Visit) -> None:
    with ForbiddenPort() as port:
        ada, seen = visit("ada"), Seen(port)
        seen.watch(ada)
        ada.expect_complaint("CSP violation: |violates the following Content Security Policy")
        ada.page.goto(shower.server.chat_url("shower"))
        withstands_elements(ada.chat, shower, seen)


@pytest.mark.timeout(150)
def test_in_the_widget_hostile_elements_run_nothing_and_call_nobody(server: LabServer, visit: Visit) -> None:
    path = server.write_notebook("hostile-elements.ipynb", [f"%load_ext jupyter_chat_sessions\n{BOT}", "%chat_session"])
    with ForbiddenPort() as port:
        ada, seen = visit("ada"), Seen(port)
        # What the frame's own policy holds back.
        ada.expect_complaint("CSP violation: |violates the following Content Security Policy")
        lab = NotebookPage.in_lab(ada, server, path)
        lab.run_cell(0)
        lab.run_cell(1)
        seen.watch(ada)
        ada.page.evaluate(TRAP)
        withstands_elements(lab.chat, server.kernel_of(path), seen)


@pytest.mark.parametrize(
    "forged",
    [
        "<button>Send</button>",
        '<button type="button" class="jcs-forged">Send</button>',
        '<button type="button" class="jcs-chip" onclick="x()">Send</button>',
        '<button type="button" class="jcs-chip" formaction="x">Send</button>',
        '<button type="button" class="jcs-chip" style="position: fixed">Send</button>',
        '<svg viewBox="0 0 16 16"></svg>',
        '<svg viewBox="0 0 16 16" aria-hidden="true"><image></image></svg>',
        '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M0 0" onclick="x()"></path></svg>',
        '<svg viewBox="0 0 16 16" aria-hidden="true"><path fill="url(//evil)" d="M0 0"></path></svg>',
        '<form class="jcs-composer" action="x"></form>',
        '<iframe sandbox="allow-scripts"></iframe>',
        '<iframe sandbox="" onload="1"></iframe>',
        '<iframe sandbox="" src="javascript:x()"></iframe>',
        # As the chat's own are made, but where a bot's words stand.
        '<p class="jcs-markdown"><button type="button" class="jcs-chip">Send</button></p>',
        '<p class="jcs-element-name"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M0 0"></path></svg></p>',
    ],
)
def test_what_a_bot_forges_is_not_taken_for_the_chats_own(visit: Visit, forged: str) -> None:
    victim = visit("victim")
    victim.page.set_content(
        '<main><button type="button" class="jcs-chip" title="<a>"><svg viewBox="0 0 16 16" aria-hidden="true">'
        '<path d="M2 2l3 3"></path></svg></button><form class="jcs-composer"></form><div id="bot"></div></main>'
    )
    root = victim.page.locator("main")
    assert len(root.evaluate(REMAINS)) == 3
    assert foreign_in(root) == []
    root.locator("#bot").evaluate("(place, html) => { place.innerHTML = html; }", forged)
    assert foreign_in(root) != []


def withstands_elements(chat: Chat, bot: Kernel, seen: Seen) -> None:
    """Show the corpus in every place that an element, a task or the sidebar has for text."""
    bot.run(f"hostile[:] = {payloads(seen.canary)!r}")
    chat.say("hostile key")
    beside = chat.root.locator(".jcs-beside")
    expect(beside.locator(".jcs-element").first).to_be_attached(timeout=20_000)
    assert chat.root.evaluate(REMAINS) != []
    # Where there is little room, it stands before the conversation.
    beside.get_by_role("button", name=re.compile("Back|Close")).first.click()
    chat.expect_reply("The end.")
    for kind in ("text", "dataframe"):
        chat.log.locator(f".jcs-element-{kind}").last.scroll_into_view_if_needed()
    expect(chat.log.locator(".jcs-element-dataframe tbody tr")).to_have_count(9)
    for shown in chat.log.locator(".jcs-element-display").all():
        shown.scroll_into_view_if_needed()
        expect(shown.locator("iframe, img, .jcs-markdown, pre, .jcs-hint").first).to_be_attached()
    chat.page.evaluate("new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)))")
    assert foreign_in(chat.root) == []
    assert not seen.anything, (seen.dialogs, seen.requests)
    expect(chat.box).to_be_visible()


def foreign_in(root: Locator) -> list[str]:
    """Return what looks dangerous in a chat and is not its own."""
    return [each for each in root.evaluate(REMAINS) if not is_own(each)] + root.evaluate(FORGED)


def is_own(remains: str) -> bool:
    """Whether what looks dangerous is the chat's own: its buttons and signs, its frame without rights, its composer.

    It is told by what it is made of, all of it: of a button, which classes and attributes it has; of a sign, that it
    is drawn and nothing else. Where it stands is for `FORGED` to judge.
    """
    opening = re.match(r'<(\w+)((?: [\w-]+="[^"]*")*)>', remains)
    if opening is None:
        return False
    attributes = dict(re.findall(r' ([\w-]+)="([^"]*)"', opening[2]))
    classes = set(attributes.pop("class", "").split())
    match opening[1]:
        case "button":
            return bool(classes) and classes <= OWN_BUTTONS and set(attributes) <= BUTTON_ATTRIBUTES
        case "svg":
            return SIGN.fullmatch(remains) is not None
        case "form":
            return classes == {"jcs-composer"} and not attributes
        case "iframe":
            return attributes.get("sandbox") == "" and set(attributes) <= {"sandbox", "title", "srcdoc"}
    return False
