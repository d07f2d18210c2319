"""Functions that Semantic Kernel calls are shown as steps. Run by `make test-semantic-kernel`: the library is large."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from semantic_kernel import Kernel
from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion
from semantic_kernel.functions import kernel_function

import jupyter_chat_sessions as cl
from tests.integrations.heard import named, steps_of
from tests.integrations.model_server import model_server


class Sums:
    @kernel_function
    def add(self, a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    @kernel_function
    def fail(self) -> str:
        """Fail."""
        raise ValueError("the function broke")


async def test_a_function_is_a_step_with_what_went_in_and_came_out() -> None:
    async def handler() -> None:
        kernel = Kernel()
        kernel.add_plugin(Sums(), "sums")
        cl.SemanticKernelFilter(kernel=kernel)
        await kernel.invoke(plugin_name="sums", function_name="add", a=1, b=2)
        with pytest.raises(Exception, match="the function broke"):
            await kernel.invoke(plugin_name="sums", function_name="fail")

    steps = await steps_of(handler)
    adding, failing = named(steps, "sums-add"), named(steps, "sums-fail")
    assert (adding.type, json.loads(adding.input), adding.output) == ("tool", {"a": 1, "b": 2}, "3")
    assert failing.is_error


async def test_what_a_model_said_is_its_words() -> None:
    async def handler() -> None:
        async with model_server() as address:
            client = openai.AsyncOpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)
            kernel = Kernel()
            kernel.add_service(OpenAIChatCompletion(ai_model_id="tiny", async_client=client))
            kernel.add_function(plugin_name="talk", function_name="greet", prompt="Hello")
            cl.SemanticKernelFilter(kernel=kernel)
            await kernel.invoke(plugin_name="talk", function_name="greet")
            await client.close()

    greeting = named(await steps_of(handler), "talk-greet")
    assert (greeting.output, greeting.language) == ("You said: Hello", None)


@pytest.mark.parametrize("options", [{"excluded_plugins": ["sums"]}, {"excluded_functions": ["add"]}])
async def test_what_is_excluded_runs_and_is_not_shown(options: dict[str, Any]) -> None:
    async def handler() -> None:
        kernel = Kernel()
        kernel.add_plugin(Sums(), "sums")
        cl.SemanticKernelFilter(**options).add_to_kernel(kernel)
        result = await kernel.invoke(plugin_name="sums", function_name="add", a=1, b=2)
        await cl.Message(str(result)).send()

    assert [step.output for step in await steps_of(handler)] == ["3"]


async def test_without_a_session_it_runs() -> None:
    kernel = Kernel()
    kernel.add_plugin(Sums(), "sums")
    cl.SemanticKernelFilter(kernel=kernel)
    assert str(await kernel.invoke(plugin_name="sums", function_name="add", a=1, b=2)) == "3"
