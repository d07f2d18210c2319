"""Keeps conversations in a store of its own, goes on with them later, and learns what people think of its answers."""

from datetime import UTC, datetime

import chainlit as cl
from chainlit.data import BaseDataLayer
from chainlit.types import Feedback, PageInfo, PaginatedResponse, Pagination, ThreadDict, ThreadFilter


@cl.header_auth_callback
def everybody(headers):
    return cl.User(identifier="You", display_name="You")


class Shelf(BaseDataLayer):
    def __init__(self):
        self.users = {}
        self.threads = {}
        self.feedback = {}

    def thread(self, thread_id):
        blank = {"id": thread_id, "createdAt": "2026-01-01T00:00:00Z", "name": None, "steps": [], "elements": []}
        return self.threads.setdefault(thread_id, {**blank, "metadata": {}, "userIdentifier": None})

    async def get_user(self, identifier):
        return self.users.get(identifier)

    async def create_user(self, user):
        now = datetime.now(UTC).isoformat()
        known = cl.PersistedUser(id=f"user-{user.identifier}", createdAt=now, identifier=user.identifier)
        return self.users.setdefault(user.identifier, known)

    async def upsert_feedback(self, feedback):
        self.feedback[feedback.forId] = feedback
        return feedback.forId

    async def delete_feedback(self, feedback_id):
        return self.feedback.pop(feedback_id, None) is not None

    async def create_element(self, element):
        self.thread(element.thread_id)["elements"].append(element.to_dict())

    async def get_element(self, thread_id, element_id):
        return next((each for each in self.thread(thread_id)["elements"] if each["id"] == element_id), None)

    async def delete_element(self, element_id, thread_id=None):
        for thread in self.threads.values():
            thread["elements"] = [each for each in thread["elements"] if each["id"] != element_id]

    async def create_step(self, step_dict):
        self.thread(step_dict["threadId"])["steps"].append(step_dict)

    async def update_step(self, step_dict):
        steps = self.thread(step_dict["threadId"])["steps"]
        steps[:] = [step_dict if each["id"] == step_dict["id"] else each for each in steps]

    async def delete_step(self, step_id):
        for thread in self.threads.values():
            thread["steps"] = [each for each in thread["steps"] if each["id"] != step_id]

    async def get_thread_author(self, thread_id):
        return self.thread(thread_id)["userIdentifier"] or ""

    async def delete_thread(self, thread_id):
        self.threads.pop(thread_id, None)

    async def list_threads(self, pagination: Pagination, filters: ThreadFilter):
        page = PageInfo(hasNextPage=False, startCursor=None, endCursor=None)
        return PaginatedResponse(pageInfo=page, data=list(self.threads.values()))

    async def get_thread(self, thread_id):
        return self.threads.get(thread_id)

    async def update_thread(self, thread_id, name=None, user_id=None, metadata=None, tags=None):
        thread = self.thread(thread_id)
        thread["name"] = name or thread["name"]
        thread["metadata"] = {**thread["metadata"], **(metadata or {})}
        if user_id is not None:
            thread["userIdentifier"] = user_id.removeprefix("user-")

    async def build_debug_url(self):
        return ""

    async def close(self):
        self.threads.clear()

    async def get_favorite_steps(self, user_id):
        return []


shelf = Shelf()


@cl.data_layer
def layer():
    return shelf


@cl.on_feedback
async def rated(feedback: Feedback):
    await cl.Message(content=f"You said {feedback.value}: {feedback.comment}").send()


@cl.on_chat_start
async def start():
    cl.user_session.set("books", [])


@cl.on_chat_resume
async def resume(thread: ThreadDict):
    said = [step["output"] for step in thread["steps"] if step["type"] == "user_message"]
    cl.user_session.set("books", [each for each in said if "?" not in each])
    cl.user_session.set("resumed", len(thread["steps"]) > 4)


@cl.on_chat_end
async def end():
    cl.user_session.set("ended", True)


@cl.on_message
async def main(message: cl.Message):
    books = cl.user_session.get("books")
    if message.content == "where were we?":
        await cl.Message(content=f"{books}, {cl.user_session.get('resumed')}").send()
        return
    books.append(message.content)
    async with cl.Step(name="Shelve", type="tool") as step:
        step.output = message.content
    await cl.Message(content=f"{len(books)} on the shelf.").send()
