"""What a browser says of a file is a claim: where it is none, the name tells."""

from __future__ import annotations

import pytest

from jupyter_chat_sessions.hub.uploads import mime_of


@pytest.mark.parametrize(
    ("given", "name", "mime"),
    [
        ("text/plain; charset=utf-8", "a", "text/plain"),
        ("TEXT/HTML", "a", "text/html"),
        ("", "a.csv", "text/csv"),
        ("application/octet-stream", "a.png", "image/png"),
        ("text/plain\r\nX-Evil: 1", "a.json", "application/json"),
        ("<script>", "a", "application/octet-stream"),
        ("x/" + "y" * 1000, "a", "application/octet-stream"),
    ],
)
def test_a_mime_type_that_is_none_is_guessed_from_the_name(given: str, name: str, mime: str) -> None:
    assert mime_of(given, name) == mime
