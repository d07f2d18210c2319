"""Works out what a shelf takes with Semantic Kernel: functions of plugins, and a prompt that a model answers."""

import chainlit as cl
import openai
from models.server import serve
from semantic_kernel import Kernel
from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion
from semantic_kernel.exceptions import KernelInvokeException
from semantic_kernel.functions import kernel_function

ADDRESS = serve(lambda asked: "Sand the boards first.")


class Wood:
    @kernel_function
    def boards(self, width: int, count: int) -> dict:
        """Work out the boards for so many shelves."""
        if count < 1:
            raise ValueError("That is no shelf.")
        return {"boards": count, "length": width * count}

    @kernel_function
    def price(self, length: int) -> str:
        """Work out what boards of that length cost."""
        return f"{length * 0.05:.2f} €"

    @kernel_function
    def secret(self) -> str:
        """Say what nobody is to see."""
        return "oak"


@cl.on_chat_start
async def start():
    kernel = Kernel()
    client = openai.AsyncOpenAI(base_url=f"{ADDRESS}/v1", api_key="none", max_retries=0)
    kernel.add_service(OpenAIChatCompletion(ai_model_id="carpenter", async_client=client))
    kernel.add_plugin(Wood(), "wood")
    kernel.add_function(plugin_name="talk", function_name="advise", prompt="How do I build {{$count}} shelves?")
    cl.SemanticKernelFilter(excluded_functions=["secret"], kernel=kernel)
    cl.user_session.set("kernel", kernel)


@cl.on_message
async def main(message: cl.Message):
    kernel = cl.user_session.get("kernel")
    count = int(message.content)
    try:
        boards = await kernel.invoke(plugin_name="wood", function_name="boards", width=80, count=count)
    except KernelInvokeException:
        await cl.Message(content="That does not work.").send()
        return
    price = await kernel.invoke(plugin_name="wood", function_name="price", length=boards.value["length"])
    wood = await kernel.invoke(plugin_name="wood", function_name="secret")
    await cl.Message(content=f"{boards.value['boards']} boards of {wood}: {price}").send()
    advice = await kernel.invoke(plugin_name="talk", function_name="advise", count=count)
    await cl.Message(content=str(advice)).send()
