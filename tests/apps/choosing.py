"""What a viewer is offered: profiles, starters in categories, commands, and modes for each message."""

import chainlit as cl


@cl.set_chat_profiles
async def profiles(user, language):
    assert language
    return [
        cl.ChatProfile(name="Fast", markdown_description="Answers **at once**.", default=True),
        cl.ChatProfile(name="Deep", markdown_description="Thinks first.", display_name="Deep thought"),
    ]


@cl.set_starters
async def starters(user):
    return [cl.Starter(label="Morning", message="What shall I do this morning?", icon="/public/sun.svg")]


@cl.set_starter_categories
async def categories(user, language, chat_profile):
    jokes = [
        cl.Starter(label="A joke", message="Tell a joke", command="Joke"),
        cl.Starter(label="A pun", message="Pun"),
    ]
    facts = [cl.Starter(label="A fact", message=f"A fact for {chat_profile or 'nobody'}")]
    return [cl.StarterCategory(label="Fun", starters=jokes), cl.StarterCategory(label="Facts", starters=facts)]


@cl.on_chat_start
async def start():
    emitter = cl.context.emitter
    await emitter.set_commands(
        [
            {"id": "Joke", "description": "Be funny", "icon": "smile", "button": True, "persistent": True},
            {"id": "Search", "description": "Look it up", "icon": "globe"},
        ]
    )
    sizes = [cl.ModeOption(id="small", name="Small", default=True), cl.ModeOption(id="large", name="Large")]
    await emitter.set_modes([cl.Mode(id="size", name="Size", options=sizes)])


@cl.on_message
async def main(message: cl.Message):
    told = f"{cl.user_session.get('chat_profile')} | {message.command} | {message.modes} | {message.content}"
    await cl.Message(content=told).send()
    if message.command == "Search":
        await cl.context.emitter.set_commands([])
