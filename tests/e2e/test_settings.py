"""Settings in a real browser: changed with the keyboard alone, seen in every tab, there after a reload."""

from __future__ import annotations

import json

import pytest
from axe import violations
from lab_server import Kernel, LabServer
from playwright.sync_api import Locator, Page, expect
from visitors import Visit

BOT = """\
%load_ext jupyter_chat_sessions
import jupyter_chat_sessions as cl
from jupyter_chat_sessions.input_widget import *

HOSTILE = "<img src=x onerror=alert(1)>"
MODELS = {"ours": ["small", "large"], "theirs": ["one", "two"]}

def form(provider="ours"):
    return cl.ChatSettings([
        Tab("model", "Model", [
            Select("provider", "Provider", values=list(MODELS), initial_value=provider),
            Select("model", "Model", values=MODELS[provider], initial_index=0, description="Which of the provider's."),
            Slider("temperature", "Temperature", 0.5, min=0, max=1, step=0.1, tooltip="0 is sober, 1 is daring."),
            Switch("stream", "Stream the answer", True),
        ]),
        Tab("prompt", "Prompt", [
            TextInput("system", "System prompt", "Be brief.", multiline=True, placeholder="What the model is told"),
            Tags("stop", "Stop words", ["END", HOSTILE]),
            MultiSelect("tools", "Tools", ["search"], values=["search", "python", HOSTILE]),
            RadioGroup("tone", "Tone", items={"Plain": "plain", "Flowery": "flowery"}, initial_value="plain"),
        ]),
        Tab("more", "More", [
            NumberInput("seed", "Seed", placeholder="Any number"),
            DatePicker("since", "Since", "2026-03-01", min_date="2026-01-01"),
            DatePicker("span", "Between", mode="range"),
            Checkbox("sources", "Name the sources", description=HOSTILE),
            TextInput("owner", "Owner", "Ada", disabled=True),
        ]),
    ])

@cl.on_chat_start
async def start():
    await form().send()

@cl.on_settings_edit
async def edited(settings):
    if settings["provider"] != cl.user_session.get("offered", "ours"):
        cl.user_session.set("offered", settings["provider"])
        await form(settings["provider"]).refresh()

@cl.on_settings_update
async def updated(settings):
    await cl.Message(f"now {settings['provider']} {settings['model']} at {settings['temperature']:g}").send()
"""


FITS = "(each) => each.getBoundingClientRect().right <= innerWidth"


@pytest.fixture(scope="module")
def tuned(server: LabServer) -> Kernel:
    """A kernel with the bot, open as the chat `tuned`."""
    kernel = server.start_kernel("tuned")
    kernel.run(BOT)
    kernel.run("%chat_session tuned")
    return kernel


def session_of(page: Page) -> str:
    """Return the id of the session that a page shows."""
    kept = page.evaluate("Object.values(sessionStorage).find((text) => text.includes('secret'))")
    return str(json.loads(kept)["session"])


def settings_of(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Settings")


def model_of(page: Page) -> Locator:
    return settings_of(page).get_by_role("combobox", name="Model")


def test_they_are_changed_with_the_keyboard_alone_and_seen_in_the_other_tab(tuned: Kernel, visit: Visit) -> None:
    ada = visit("ada", "tuned")
    keys = ada.page.keyboard
    button = ada.page.get_by_role("button", name="Settings")
    button.focus()
    keys.press("Enter")
    dialog = settings_of(ada.page)
    expect(dialog.get_by_role("tab", name="Model")).to_be_focused()
    keys.press("Tab")
    expect(dialog.get_by_label("Provider")).to_be_focused()
    keys.press("ArrowDown")
    # The author is told of the edit, and the form offers what goes with it.
    expect(model_of(ada.page).locator("option")).to_have_text(["one", "two"])
    keys.press("Tab")
    keys.press("ArrowDown")
    keys.press("Tab")
    keys.press("Enter")
    expect(dialog.get_by_text("0 is sober")).to_be_visible()
    keys.press("Tab")
    keys.press("End")
    expect(dialog.get_by_label("Temperature, as a number")).to_have_value("1")
    keys.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()
    keys.press("Enter")
    expect(model_of(ada.page).locator("option")).to_have_text(["small", "large"])
    keys.press("Tab")
    keys.press("Tab")
    keys.press("ArrowDown")
    for _ in range(3):  # past what explains the slider, and the slider
        keys.press("Tab")
    expect(dialog.get_by_label("Temperature, as a number")).to_be_focused()
    keys.press("Enter")
    ada.chat.expect_reply("now ours large at 0.5")
    expect(dialog).to_have_count(0)

    with ada.context.expect_page() as opened:
        ada.page.evaluate("open(location.href)")  # a tab of the same session, as *Duplicate* makes one
    keys.press("Escape")
    opened.value.get_by_role("button", name="Settings").click()
    expect(model_of(opened.value)).to_have_value("1")
    tuned.run(f"%chat_session use {session_of(ada.page)}\nawait cl.ChatSettings.set({{'temperature': 0.2}})")
    for page in (ada.page, opened.value):
        expect(page.locator(".jcs").get_by_text("now ours large at 0.2")).to_be_visible()
    expect(settings_of(opened.value).get_by_label("Temperature, as a number")).to_have_value("0.2")


def test_what_is_edited_outlives_a_reload_and_so_does_what_is_saved(tuned: Kernel, visit: Visit) -> None:
    ada = visit("ada", "tuned")
    ada.page.get_by_role("button", name="Settings").click()
    dialog = settings_of(ada.page)
    dialog.get_by_role("tab", name="Prompt").click()
    dialog.get_by_label("System prompt").fill("Be wordy.")
    ada.page.reload()
    ada.page.get_by_role("button", name="Settings, edited").click()
    dialog.get_by_role("tab", name="Prompt").click()
    expect(dialog.get_by_label("System prompt")).to_have_value("Be wordy.")
    dialog.get_by_role("button", name="Save").click()
    ada.chat.expect_reply("now ours small at 0.5")
    ada.page.reload()
    ada.page.get_by_role("button", name="Settings", exact=True).click()
    dialog.get_by_role("tab", name="Prompt").click()
    expect(dialog.get_by_label("System prompt")).to_have_value("Be wordy.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_the_dialog(tuned: Kernel, visit: Visit, scheme: str) -> None:
    ada = visit("ada", "tuned", color_scheme=scheme)
    ada.page.get_by_role("button", name="Settings").click()
    dialog = settings_of(ada.page)
    for tab in ("Model", "Prompt", "More"):
        dialog.get_by_role("tab", name=tab).click()
        expect(dialog.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
        assert violations(ada.page) == []
    ada.page.set_viewport_size({"width": 320, "height": 640})
    assert dialog.evaluate("(element) => [element, ...element.querySelectorAll('*')].every(fits)".replace("fits", FITS))
