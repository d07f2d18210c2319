"""A small server that speaks as OpenAI's and Mistral's do, for their real clients."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
RESPONSE_USAGE = {
    "input_tokens": 3,
    "output_tokens": 2,
    "total_tokens": 5,
    "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
    "output_tokens_details": {"reasoning_tokens": 0},
}


class Chat(RequestHandler):
    def post(self) -> None:
        asked = json.loads(self.request.body)
        said = asked["messages"][-1]["content"] if "messages" in asked else asked["prompt"]
        if said == "fail":
            self.set_status(400)
            self.finish({"error": {"message": "the model broke"}})
            return
        about = {"id": "1", "created": 1, "model": asked["model"]}
        if asked.get("stream"):
            pieces: list[dict[str, Any]] = [
                {"choices": [{"index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": None}]}
                for word in ("You ", "said: ", said)
            ]
            pieces.append({"choices": [], "usage": USAGE})
            self._stream([{**about, "object": "chat.completion.chunk", **piece} for piece in pieces])
            return
        message: dict[str, Any] = {"role": "assistant", "content": f"You said: {said}"}
        if said == "use a tool":
            call = {"id": "c", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
            message = {"role": "assistant", "content": None, "tool_calls": [call]}
        if tools := asked.get("tools"):
            call = {"name": tools[0]["function"]["name"], "arguments": json.dumps({"items": said.split()})}
            message = {"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": call}]}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        self.finish({**about, "object": "chat.completion", "choices": [choice], "usage": USAGE})

    def _stream(self, pieces: list[dict[str, Any]], *, ends: bool = True) -> None:
        self.set_header("Content-Type", "text/event-stream")
        for piece in pieces:
            self.write(f"data: {json.dumps(piece)}\n\n")
        if ends:
            self.write("data: [DONE]\n\n")
        self.finish()


class Responses(Chat):
    def post(self) -> None:
        asked = json.loads(self.request.body)
        text = f"You said: {asked['input']}"
        part = {"type": "output_text", "text": text, "annotations": []}
        message = {"id": "m", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
        whole = {
            "id": "r",
            "object": "response",
            "created_at": 1,
            "model": asked["model"],
            "status": "completed",
            "output": [message],
            "usage": RESPONSE_USAGE,
            "parallel_tool_calls": False,
            "tool_choice": "auto",
            "tools": [],
        }
        if not asked.get("stream"):
            self.finish(whole)
            return
        about = {"item_id": "m", "output_index": 0, "content_index": 0, "logprobs": []}
        deltas = [
            {"type": "response.output_text.delta", "delta": word, "sequence_number": number, **about}
            for number, word in enumerate(("You ", "said: ", asked["input"]))
        ]
        self._stream([*deltas, {"type": "response.completed", "response": whole, "sequence_number": 9}], ends=False)


class Plain(RequestHandler):
    def post(self) -> None:
        asked = json.loads(self.request.body)
        choice = {"index": 0, "finish_reason": "stop", "text": f"{asked['prompt']} upon a time", "logprobs": None}
        about = {"id": "1", "created": 1, "model": asked["model"], "object": "text_completion"}
        self.finish({**about, "choices": [choice], "usage": USAGE})


@asynccontextmanager
async def model_server() -> AsyncIterator[str]:
    """Run the server on this loop; gives its address."""
    socket, port = bind_unused_port()
    routes = [
        ("/v1/chat/completions", Chat),
        ("/v1/fim/completions", Chat),
        ("/v1/responses", Responses),
        ("/v1/completions", Plain),
    ]
    server = HTTPServer(Application(routes))
    server.add_socket(socket)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()
        await server.close_all_connections()
