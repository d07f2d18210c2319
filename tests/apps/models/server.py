"""A model that is asked over HTTP, as OpenAI's and Mistral's are, by their own clients, at a port of this machine."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def serve(answer):
    """Serve a function that is given what a model is asked and returns what it says; return the address.

    What it raises as a `ValueError` is refused.
    """

    class Model(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                said = answer(asked)
            except ValueError as reason:
                self._send({"error": {"message": str(reason)}}, status=400)
                return
            about = {"id": "1", "created": 1, "model": asked["model"], "usage": USAGE}
            if asked.get("stream"):
                self._stream([{**about, "object": "chat.completion.chunk", **_piece(word)} for word in said.split()])
            elif self.path == "/v1/completions":
                self._send({**about, "object": "text_completion", **_choice(text=said)})
            else:
                message = {"role": "assistant", "content": said}
                self._send({**about, "object": "chat.completion", **_choice(message=message)})

        def log_message(self, *_):
            """Nobody reads it."""

        def _send(self, body, *, status=200):
            self._write(json.dumps(body), mime="application/json", status=status)

        def _stream(self, pieces):
            events = [f"data: {json.dumps(piece)}\n\n" for piece in pieces]
            self._write("".join([*events, "data: [DONE]\n\n"]), mime="text/event-stream")

        def _write(self, text, *, mime, status=200):
            self.send_response(status)
            self.send_header("Content-Type", mime)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def _piece(word):
    return {"choices": [{"index": 0, "delta": {"role": "assistant", "content": f"{word} "}, "finish_reason": None}]}


def _choice(**said):
    return {"choices": [{"index": 0, "finish_reason": "stop", **said}]}
