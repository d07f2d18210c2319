"""Cooks by the book with LangChain: a chain looks a recipe up, works out amounts with a tool, and asks a model."""

import chainlit as cl
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.language_models import FakeListChatModel
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool

RECIPES = {"pancakes": "Mix 100 g of flour with milk, and fry.", "soup": "Boil 300 g of roots."}
PROMPT = ChatPromptTemplate.from_messages([("system", "Be short."), ("human", "{recipe} How much for {people}?")])


class Cookbook(BaseRetriever):
    """Finds recipes by what they are called."""

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [Document(page_content=text, metadata={"dish": dish}) for dish, text in RECIPES.items() if dish in query]


@tool
def scale(grams: int, people: int) -> int:
    """Work out how much so many people need."""
    if people < 1:
        raise ValueError("Nobody is hungry.")
    return grams * people


def chain(says):
    return PROMPT | FakeListChatModel(responses=[says]) | StrOutputParser()


async def cook(asked):
    recipes = await Cookbook().ainvoke(asked["dish"])
    if not recipes:
        return "There is no such recipe."
    grams = await scale.ainvoke({"grams": 100, "people": asked["people"]})
    return await chain(f"Take {grams} g.").ainvoke({"recipe": recipes[0].page_content, "people": asked["people"]})


@cl.on_message
async def main(message: cl.Message):
    dish, _, people = message.content.partition(" for ")
    shown = cl.AsyncLangchainCallbackHandler()
    asked = {"dish": dish, "people": int(people)}
    try:
        answer = await RunnableLambda(cook, name="cook").ainvoke(asked, config={"callbacks": [shown]})
    except ValueError as reason:
        answer = str(reason)
    await cl.Message(content=answer).send()
    spoken = cl.LangchainCallbackHandler(stream_final_answer=True, answer_prefix_tokens=["F", "A", ":"])
    host = FakeListChatModel(responses=["They will like it. FA:Enjoy!"])
    async for _ in host.astream(f"A wish for {dish}", config={"callbacks": [spoken]}):
        pass
