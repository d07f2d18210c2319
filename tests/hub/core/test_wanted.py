"""A host that asks for files without end costs the hub a few pieces of memory; one that asks fairly gets them all."""

from __future__ import annotations

from jupyter_chat_sessions.hub.wanted import MAX_PIECES_AWAY, MAX_WANTED
from jupyter_chat_sessions.protocol.frames import FILE_PIECE_BYTES, FilePiece, PutFile, WantFile

from .doubles import Hall, Tab, new_id


def a_file(hall: Hall, tab: Tab) -> str:
    """A file of a few pieces that the hub keeps."""
    file = new_id()
    for offset in range(0, 4 * FILE_PIECE_BYTES, FILE_PIECE_BYTES):
        is_last = offset == 3 * FILE_PIECE_BYTES
        data = bytes([offset // FILE_PIECE_BYTES]) * FILE_PIECE_BYTES
        hall.host.say(PutFile(session=tab.viewing.session, file=file, offset=offset, data=data, is_last=is_last))
    return file


def wants(tab: Tab, file: str) -> list[WantFile]:
    offsets = range(0, 4 * FILE_PIECE_BYTES, FILE_PIECE_BYTES)
    return [WantFile(session=tab.viewing.session, file=file, offset=offset) for offset in offsets]


def test_what_is_asked_for_at_once_comes_as_it_is_acknowledged_in_order_and_whole() -> None:
    hall = Hall()
    tab = hall.enter()
    file = a_file(hall, tab)
    hall.host.say(*wants(tab, file))
    assert len(hall.host.got(FilePiece)) == MAX_PIECES_AWAY
    hall.host.say()  # which acknowledges what came
    assert [piece.data[0] for piece in hall.host.got(FilePiece)] == [0, 1, 2, 3]
    assert [piece.is_last for piece in hall.host.got(FilePiece)] == [False, False, False, True]


def test_what_is_asked_for_over_and_over_is_read_once_while_it_waits() -> None:
    hall = Hall()
    tab = hall.enter()
    file = a_file(hall, tab)
    hall.host.say(*wants(tab, file), *(wants(tab, file)[3] for _ in range(100)))
    for _ in range(9):
        hall.host.say()
    assert [piece.data[0] for piece in hall.host.got(FilePiece)] == [0, 1, 2, 3]


def test_what_is_asked_for_beyond_the_limit_is_refused_unread_and_the_rest_comes() -> None:
    hall = Hall()
    tab = hall.enter()
    file = a_file(hall, tab)
    more = [WantFile(session=tab.viewing.session, file=file, offset=offset) for offset in range(MAX_WANTED + 5)]
    hall.host.say(*more)
    pieces = hall.host.got(FilePiece)
    assert len([piece for piece in pieces if piece.data]) == MAX_PIECES_AWAY
    assert [piece.offset for piece in pieces if piece.error] == list(
        range(MAX_WANTED + MAX_PIECES_AWAY, MAX_WANTED + 5)
    )
    hall.host.say()
    assert len([piece for piece in hall.host.got(FilePiece) if piece.data]) == 2 * MAX_PIECES_AWAY


def test_a_cut_costs_no_piece_and_asks_for_none_twice() -> None:
    hall = Hall()
    tab = hall.enter()
    file = a_file(hall, tab)
    hall.host.say(*wants(tab, file))
    hall.host.cut()
    hall.host.connect()
    hall.host.say()
    assert [piece.data[0] for piece in hall.host.got(FilePiece)] == [0, 1, 2, 3]


def test_what_waits_when_its_session_ends_is_not_given_any_more() -> None:
    hall = Hall()
    tab = hall.enter()
    file = a_file(hall, tab)
    hall.host.say(*wants(tab, file))
    hall.hub.end_session(hall.session(tab))
    hall.host.say()
    assert [bool(piece.data) for piece in hall.host.got(FilePiece)] == [True, True, False, False]
