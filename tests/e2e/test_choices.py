"""What a viewer chooses and says besides text, in a real browser: by keyboard alone, and there after a reload."""

from __future__ import annotations

import pytest
from axe import violations
from lab_server import Kernel, LabServer
from network import ForbiddenPort
from payloads import payloads
from playwright.sync_api import expect
from test_hostile_bot import Seen
from visitors import Visit

BOT = """\
%load_ext jupyter_chat_sessions
import jupyter_chat_sessions as cl
rated = []

@cl.set_chat_profiles
async def profiles(user):
    fast = cl.ChatProfile("fast", "Answers **at once**, from what it knows.", icon="zap", display_name="Fast")
    deep = cl.ChatProfile("deep", "Looks things up, and takes its time.", icon="telescope", display_name="Thorough")
    vain = cl.ChatProfile("vain", "Says who it is.", display_name="One with a name that no telephone has room for")
    return [fast, deep, vain]

@cl.set_starters
async def starters(user, language, profile):
    return [
        cl.Starter("Plan a day in Rome", f"Plan a day in Rome, {profile}", command="Search", icon="map"),
        cl.Starter("Explain recursion", "Explain recursion, then explain recursion.", icon="repeat"),
        cl.Starter("Write a poem about the sea", "A poem, please.", icon="feather"),
    ]

@cl.on_chat_start
async def start():
    await cl.context.emitter.set_commands([
        {"id": "Search", "description": "Look it up on the web", "icon": "globe"},
        {"id": "Summarise", "description": "Say it in three sentences", "icon": "text"},
        {"id": "Picture", "description": "Draw it", "icon": "image", "button": True, "persistent": True},
    ])
    models = [cl.ModeOption("small", "Small"), cl.ModeOption("large", "Large", default=True)]
    await cl.context.emitter.set_modes([cl.Mode("model", "Model", models)])

@cl.on_message
async def reply(message):
    profile = cl.user_session.get("chat_profile")
    await cl.Message(f"{message.content} | {message.command} | {message.modes['model']} | {profile}").send()

@cl.on_feedback
async def note(feedback):
    rated.append((feedback.value, feedback.comment))
    await cl.context.emitter.send_toast("Thank you for your opinion.", "success")

@cl.on_window_message
async def heard(data):
    await cl.send_window_message({"heard": data})
"""
FRAME = "<!doctype html><iframe src='CHAT' style='width: 400px; height: 600px'></iframe>"
ASK = """async (data) => {
    const heard = new Promise((resolve) => addEventListener('message', (event) => resolve(event.data), { once: true }));
    frames[0].postMessage(data, location.origin);
    return await heard;
}"""


@pytest.fixture
def offering(server: LabServer) -> Kernel:
    """A kernel with the bot, open as the chat `choices`."""
    kernel = server.start_kernel("choices")
    kernel.run(BOT)
    kernel.run("%chat_session choices")
    return kernel


def test_profile_starter_command_and_mode_are_chosen_with_the_keyboard_alone(offering: Kernel, visit: Visit) -> None:
    ada = visit("ada", "choices")
    press = ada.page.keyboard.press
    ada.chat.root.get_by_role("button", name="Chat profile: Fast").focus()
    press("Enter")
    expect(ada.chat.root.get_by_role("button", name="Fast", exact=True)).to_be_focused()
    assert violations(ada.page) == []
    press("ArrowDown")
    press("Enter")
    expect(ada.chat.root.get_by_role("button", name="Chat profile: Thorough")).to_be_visible()
    starter = ada.chat.root.get_by_role("button", name="Plan a day in Rome")
    starter.focus()
    press("Enter")
    ada.chat.expect_reply("Plan a day in Rome, deep | Search | large | deep")
    expect(starter).to_have_count(0)
    ada.chat.box.focus()
    ada.page.keyboard.type("/sum")
    expect(ada.chat.root.get_by_role("option", name="Summarise")).to_be_visible()
    assert violations(ada.page) == []
    press("Enter")
    ada.page.keyboard.type("this")
    ada.chat.root.get_by_role("combobox", name="Model").select_option("small")
    ada.page.reload()
    expect(ada.chat.root.get_by_role("button", name="Take Summarise away")).to_be_visible()
    ada.chat.box.focus()
    press("Enter")
    ada.chat.expect_reply("this | Summarise | small | deep")
    ada.chat.say("that")
    ada.chat.expect_reply("that | None | small | deep")


def test_the_long_name_of_a_profile_covers_no_button_in_a_narrow_window(offering: Kernel, visit: Visit) -> None:
    ada = visit("ada", "choices")
    ada.page.set_viewport_size({"width": 240, "height": 640})
    ada.chat.root.get_by_role("button", name="Chat profile: Fast").click()
    ada.chat.root.get_by_role("button", name="One with a name").click()
    expect(ada.chat.root.get_by_role("button", name="Chat profile: One with a name")).to_be_visible()
    picker = ada.chat.root.locator(".jcs-profiles")
    assert picker.evaluate("(picker) => picker.scrollWidth - picker.clientWidth") == 0


def test_a_rating_is_told_once_with_its_comment_and_is_there_after_a_reload(offering: Kernel, visit: Visit) -> None:
    ada = visit("ada", "choices")
    ada.chat.say("Hi")
    ada.chat.expect_reply("Hi | None | large | fast")
    thumb = ada.chat.root.get_by_role("button", name="Bad answer")
    thumb.focus()
    ada.page.keyboard.press("Enter")
    expect(ada.chat.root.get_by_role("status", name="Notices")).to_contain_text("Thank you for your opinion.")
    ada.chat.root.get_by_role("button", name="Add a comment").click()
    ada.page.keyboard.type("Too short")
    assert violations(ada.page) == []
    ada.chat.root.get_by_role("button", name="Save").click()
    expect(ada.chat.root.get_by_role("button", name="Your comment")).to_be_visible()
    ada.page.reload()
    expect(thumb).to_have_attribute("aria-pressed", "true")
    ada.chat.say("Bye")
    ada.chat.expect_reply("Bye |")
    assert offering.run("print(rated)") == "[(0, None), (0, 'Too short')]\n"


def test_a_window_of_the_same_origin_talks_with_the_chat_that_it_shows(
    offering: Kernel, server: LabServer, visit: Visit
) -> None:
    ada = visit("ada")
    around = server.chat_url("around")
    ada.page.route(
        around,
        lambda route: route.fulfill(body=FRAME.replace("CHAT", server.chat_url("choices")), content_type="text/html"),
    )
    ada.page.goto(around)
    chat = ada.page.frame_locator("iframe")
    expect(chat.get_by_role("textbox", name="Message")).to_be_visible()
    expect(chat.get_by_role("button", name="Plan a day in Rome")).to_be_visible()
    assert ada.page.evaluate(ASK, {"row": 3}) == {"heard": {"row": 3}}


HOSTILE_OFFERS = """
@cl.set_chat_profiles
async def profiles():
    return [cl.ChatProfile(f"p{n}", text, display_name=text, icon=text) for n, text in enumerate(hostile)]

@cl.set_starters
async def starters():
    return [cl.Starter(text, text, icon=text) for text in hostile]

@cl.on_chat_start
async def start():
    await cl.context.emitter.set_commands([
        {"id": text, "description": text, "icon": text, "button": n % 2 == 0} for n, text in enumerate(hostile)
    ])
    options = [cl.ModeOption(text, text, description=text) for text in hostile]
    await cl.context.emitter.set_modes([cl.Mode("mode", hostile[0], options)])
    for text in hostile[:4]:
        await cl.context.emitter.send_toast(text, "error")
"""
LIVE = """(root) => [...root.querySelectorAll('*')].filter((element) =>
    element.matches('script, iframe, object, embed, style, link, meta, base, video, audio, template, img[src^=http]')
    || [...element.attributes].some(({ name, value }) => name.startsWith('on')
        || (/^(href|src|srcset|action)$/.test(name) && !/^(https?:|mailto:|#|data:image)/.test(value)))
).map((element) => element.outerHTML)"""


def test_names_and_descriptions_are_hostile_and_stay_text(server: LabServer, visit: Visit) -> None:
    with ForbiddenPort() as port:
        kernel, ada, seen = server.start_kernel("offers"), visit("ada"), Seen(port)
        # The sanitiser's own document, where nothing runs, inherits the page's policy and reports what it is to clean.
        ada.expect_complaint("CSP violation: |violates the following Content Security Policy")
        kernel.run(f"{BOT}\nhostile = {payloads(seen.canary)!r}\n{HOSTILE_OFFERS}")
        kernel.run("%chat_session offers")
        seen.watch(ada)
        ada.page.goto(server.chat_url("offers"))
        expect(ada.chat.root.locator(".jcs-starter")).to_have_count(len(payloads("")))
        expect(ada.chat.root.locator(".jcs-toast")).to_have_count(4)
        ada.chat.root.locator(".jcs-profile").click()
        expect(ada.chat.root.locator(".jcs-profile-choice")).to_have_count(len(payloads("")))
        assert ada.chat.root.evaluate(LIVE) == []
        ada.chat.box.fill("/")
        expect(ada.chat.root.get_by_role("option").first).to_be_visible()
        assert ada.chat.root.evaluate(LIVE) == []
        assert not seen.anything, (seen.dialogs, seen.requests)
