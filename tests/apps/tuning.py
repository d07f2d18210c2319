"""Settings of every kind, in tabs; a form that changes while it is filled in; answers that follow what was chosen."""

import chainlit as cl
from chainlit.input_widget import (
    Checkbox,
    DatePicker,
    MultiSelect,
    NumberInput,
    RadioGroup,
    Select,
    Slider,
    Switch,
    Tab,
    Tags,
    TextInput,
)


def form(tones):
    voice = [
        Select(id="tone", label="Tone", values=tones, initial_index=0, description="How it is said"),
        RadioGroup(id="length", label="Length", values=["short", "long"], initial_value="short"),
        TextInput(id="name", label="Name", initial="Ada", placeholder="Your name", tooltip="As you are called"),
        Tags(id="topics", label="Topics", initial=["tea"]),
        MultiSelect(id="languages", label="Languages", items={"English": "en", "French": "fr"}, initial=["en"]),
    ]
    numbers = [
        Slider(id="warmth", label="Warmth", initial=0.5, min=0, max=1, step=0.1),
        NumberInput(id="sentences", label="Sentences", initial=2),
        Switch(id="signed", label="Signed", initial=True),
        Checkbox(id="dated", label="Dated", initial=False),
        DatePicker(id="day", label="Day", initial="2026-01-02", min_date="2026-01-01", max_date="2026-12-31"),
        DatePicker(id="week", label="Week", mode="range", initial=("2026-01-05", "2026-01-11")),
    ]
    return cl.ChatSettings([Tab(id="voice", label="Voice", inputs=voice), Tab(id="more", label="More", inputs=numbers)])


@cl.on_chat_start
async def start():
    settings = await form(["kind", "dry"]).send()
    await cl.Message(content=f"{settings['name']} likes it {settings['tone']}.").send()


@cl.on_settings_update
async def update(settings):
    told = ", ".join(f"{key}={settings[key]}" for key in ("tone", "name", "warmth", "signed", "languages"))
    await cl.Message(content=told).send()


@cl.on_settings_edit
async def edit(settings):
    if settings["tone"] == "dry":
        await form(["kind", "dry", "bone-dry"]).refresh()


@cl.on_message
async def main(message: cl.Message):
    settings = cl.user_session.get("chat_settings")
    await cl.Message(content=f"{settings['name']}, {settings['tone']}: {message.content}").send()
