"""What is said first of a session: to a viewer that comes to it, and to a host that is given it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..protocol.frames import PROTOCOL_VERSION, Hello, OpenSession, UserEnv, Welcome, encode
from .options import HubOptions
from .store import Values
from .transcript import Transcript

if TYPE_CHECKING:
    from .session import Session

_OWN_STATE = frozenset({"host", "run", "started", "missingEnv", "storage", "settings"})
"""Keys of the state that a host is not told of: the hub itself sets them, or keeps them longer than the state."""


def welcome(session: Session, transcript: Transcript, hello: Hello, *, options: HubOptions) -> list[bytes]:
    """Return the frames that a viewer is let in with: the welcome, and the events it has missed if they can be had."""
    missed = transcript.log.since(hello.epoch, hello.last_seq)
    is_resumed = isinstance(missed, list)
    first = Welcome(
        v=PROTOCOL_VERSION,
        session=session.id,
        thread_id=session.record.thread_id,
        epoch=transcript.log.epoch,
        seq=transcript.log.last,
        resumed=is_resumed,
        reason=None if isinstance(missed, list) else missed,
        snapshot=None if is_resumed else transcript.conversation.snapshot(newest=options.snapshot_steps),
        channel=session.channel.info,
        user=session.record.user,
        is_owner=session.record.is_owner,
        remaining_s=session.questions.clocks.remaining(),
    )
    return [encode(first), *(missed if isinstance(missed, list) else ())]


def opening(
    session: Session, transcript: Transcript, *, env: UserEnv, values: Values, is_watched: bool, options: HubOptions
) -> OpenSession:
    """Return the frame that a host is given a session with: all that it may know, and what was kept for it."""
    record = session.record
    return OpenSession(
        session=session.id,
        channel=session.channel.name,
        thread_id=record.thread_id,
        user=record.user,
        user_env=env,
        client_type=record.client_type,
        language=record.language,
        chat_profile=record.chat_profile,
        state={key: value for key, value in transcript.conversation.state.items() if key not in _OWN_STATE},
        is_owner=record.is_owner,
        resumed=record.has_begun,
        thread=transcript.as_thread() if record.has_begun else None,
        values=values.values,
        lost=values.lost,
        settings=values.settings,
        is_watched=is_watched,
        max_file_bytes=options.max_file_bytes,
    )
