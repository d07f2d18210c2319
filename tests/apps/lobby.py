"""Has what only registers something: sign-in, other clients, sound, MCP servers. A notebook needs none of it."""

import chainlit as cl
from chainlit.user import PersistedUser

heard = []


@cl.password_auth_callback
def check_password(username: str, password: str):
    return cl.User(identifier=username, metadata={"role": "guest"}) if password == "open" else None


@cl.header_auth_callback
def check_headers(headers):
    return cl.User(identifier="You", display_name="You", metadata={"role": "guest"})


def check_provider(provider_id, token, raw_user_data, default_user):
    return default_user


try:
    cl.oauth_callback(check_provider)
except ValueError:  # Chainlit's, where no provider is configured
    heard.append("no provider")


@cl.on_logout
def left(request, response):
    heard.append("left")


@cl.on_audio_start
async def begin():
    return True


@cl.on_audio_chunk
async def hear(chunk: cl.InputAudioChunk):
    heard.append(chunk.mimeType)


@cl.on_audio_end
async def end():
    heard.append("end")


@cl.on_mcp_connect
async def connected(connection, session):
    heard.append(connection.name)


@cl.on_mcp_disconnect
async def gone(name, session):
    heard.append(name)


@cl.on_shared_thread_view
async def may_see(thread, viewer):
    return False


@cl.on_slack_reaction_added
async def reacted(event):
    heard.append("reaction")


@cl.on_message
async def main(message: cl.Message):
    user = cl.user_session.get("user")
    if message.content == "who":
        known = PersistedUser(id="1", createdAt="2026-01-01", identifier=user.identifier)
        await cl.Message(content=f"{isinstance(user, cl.User)} {isinstance(known, cl.PersistedUser)}").send()
    elif message.content == "sound":
        given = cl.InputAudioChunk(isStart=True, mimeType="pcm16", elapsedTime=0, data=b"")
        taken = cl.OutputAudioChunk(track="1", mimeType="pcm16", data=b"")
        await cl.Message(content=f"{given.mimeType} {taken['track']}").send()
    elif message.content == "call":
        function = cl.CopilotFunction(name="colour", args={"name": "red"})
        await cl.Message(content=f"{function.name} {function.args}").send()
    else:
        async with cl.Step(name="Model", type="llm") as step:
            asked = cl.GenerationMessage(role="user", content=message.content)
            step.generation = cl.ChatGeneration(provider="none", model="small", messages=[asked])
            step.output = f"{step.generation.model}"
        old = cl.CompletionGeneration(prompt="Once", completion="upon a time")
        await cl.Message(content=f"{old.prompt} {old.completion}, {message.content}.").send()
