"""What a file is called and of which kind it is: the claims of whoever gives it, made harmless."""

from __future__ import annotations

import pytest

from jupyter_chat_sessions.protocol.files import MAX_NAME, is_accepted, name_of


@pytest.mark.parametrize(
    ("name", "mime", "accept", "is_taken"),
    [
        ("a.png", "image/png", [], True),
        ("a.png", "image/png", ["image/*"], True),
        ("a.png", "image/png", ["IMAGE/PNG"], True),
        ("a.png", "imagesx/png", ["image/*"], False),
        ("a.PY", "", [".py"], True),
        ("a.py.exe", "", [".py"], False),
        ("py", "", [".py"], False),
        ("a.tar.gz", "", [".tar.gz"], True),
        ("a", "application/x-a", ["*/*"], True),
        ("a", "application/x-a", ["*"], True),
        ("a", "text/plain", ["text/[a-z]*"], False),
        ("a.txt", "text/plain", ["image/*", ".csv"], False),
    ],
)
def test_a_kind_is_a_mime_type_or_an_ending(name: str, mime: str, accept: list[str], is_taken: bool) -> None:
    assert is_accepted(name, mime, accept) is is_taken


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("/etc/passwd", "passwd"),
        ("a/../..", "file"),
        ("C:\\x\\y.txt", "y.txt"),
        ("\u202ecod.exe\u2066", "cod.exe"),
        ("a\x00\n\tb", "ab"),
        ("<b onclick=x>.txt", "<b onclick=x>.txt"),
        ("\ud800.txt", ".txt"),
        ("   ", "file"),
        ("Größe 🙂.txt", "Größe 🙂.txt"),
    ],
)
def test_a_hostile_name_is_text_and_no_path(given: str, shown: str) -> None:
    assert name_of(given) == shown


def test_a_name_of_a_megabyte_is_cut() -> None:
    assert len(name_of("n" * 1_000_000)) <= MAX_NAME
