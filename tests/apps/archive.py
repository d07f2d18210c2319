"""Finds and answers from an archive with LlamaIndex: notes are looked up, a query asks them, a model talks."""

import chainlit as cl
from llama_index.core.callbacks import CallbackManager
from llama_index.core.llms import ChatMessage, MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import get_response_synthesizer
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, TextNode

NOTES = ["The bridge was built in 1907.", "The mill burned down in 1911."]


class Notes(BaseRetriever):
    """Finds the notes that a word stands in."""

    def _retrieve(self, query):
        word = query.query_str.lower().rpartition(" ")[2].strip("?")
        return [NodeWithScore(node=TextNode(text=note), score=1.0) for note in NOTES if word in note]


@cl.on_chat_start
async def start():
    callbacks = CallbackManager([cl.LlamaIndexCallbackHandler()])
    notes, model = Notes(callback_manager=callbacks), MockLLM(callback_manager=callbacks)
    writer = get_response_synthesizer(llm=model, callback_manager=callbacks)
    cl.user_session.set("notes", notes)
    cl.user_session.set("model", model)
    cl.user_session.set("engine", RetrieverQueryEngine(notes, writer, callback_manager=callbacks))


@cl.on_message
async def main(message: cl.Message):
    wish, _, about = message.content.partition(": ")
    await cl.Message(content=f"I {wish} ...").send()
    match wish:
        case "look":
            await cl.user_session.get("notes").aretrieve(about)
        case "ask":
            await cl.user_session.get("engine").aquery(about)
        case "talk":
            await cl.user_session.get("model").achat([ChatMessage(role="user", content=about)])
