"""Who has left when the session that it asked for is stored, is told nothing and counts as nobody's viewer."""

from __future__ import annotations

from uuid import uuid4

from jupyter_chat_sessions.hub.attachment import Attachment, Reception, TellBegun
from jupyter_chat_sessions.protocol.frames import PROTOCOL_VERSION, Begin, Begun, Hello, encode_message

BEGUN = Begun(session=str(uuid4()), secret="secret", thread_id=str(uuid4()))


class Outlet:
    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, frame: bytes) -> None:
        self.sent.append(frame)

    def close(self, code: int, reason: str) -> None:
        raise AssertionError(f"{code} {reason}")


def a_reception(outlet: Outlet) -> tuple[Reception, list[TellBegun], list[Hello]]:
    storing: list[TellBegun] = []
    attached: list[Hello] = []

    def attach(hello: Hello) -> Attachment:
        attached.append(hello)
        return Attachment(None, outlet)  # type: ignore[arg-type]  # nothing is said in it here

    reception = Reception(lambda begin, then: storing.append(then), attach, outlet)
    reception.receive(encode_message([Begin(v=PROTOCOL_VERSION, channel="lesson")]))
    return reception, storing, attached


def test_a_session_that_is_stored_is_shown_at_once() -> None:
    outlet = Outlet()
    _, [tell], attached = a_reception(outlet)
    assert not outlet.sent
    tell(BEGUN)
    assert [hello.session for hello in attached] == [BEGUN.session]
    assert len(outlet.sent) == 1


def test_one_that_is_stored_too_late_is_shown_to_nobody() -> None:
    outlet = Outlet()
    reception, [tell], attached = a_reception(outlet)
    reception.lost()
    tell(BEGUN)
    assert not attached
    assert not outlet.sent
