"""What is said first of a session: to a viewer that comes to it, and to a host that is given it."""

from __future__ import annotations

from ..protocol.frames import PROTOCOL_VERSION, ChannelInfo, Hello, OpenSession, UserEnv, Welcome, encode
from .store import SessionRecord, Values
from .transcript import Transcript

_OWN_STATE = frozenset({"host", "run", "started", "missingEnv", "storage", "settings"})
"""Keys of the state that a host is not told of: the hub itself sets them, or keeps them longer than the state."""


def welcome(
    record: SessionRecord,
    transcript: Transcript,
    hello: Hello,
    *,
    channel: ChannelInfo,
    remaining_s: dict[str, float],
    newest_steps: int,
) -> list[bytes]:
    """Return the frames that a viewer is let in with: the welcome, and the events it has missed if they can be had.

    Args:
        record: The session.
        transcript: Its conversation.
        hello: What the viewer has of it.
        channel: What viewers may know of its channel.
        remaining_s: The seconds left for each open question.
        newest_steps: How many steps stand in a snapshot.
    """
    missed = transcript.log.since(hello.epoch, hello.last_seq)
    is_resumed = isinstance(missed, list)
    first = Welcome(
        v=PROTOCOL_VERSION,
        session=record.id,
        thread_id=record.thread_id,
        epoch=transcript.log.epoch,
        seq=transcript.log.last,
        resumed=is_resumed,
        reason=None if isinstance(missed, list) else missed,
        snapshot=None if is_resumed else transcript.conversation.snapshot(newest=newest_steps),
        channel=channel,
        user=record.user,
        is_owner=record.is_owner,
        remaining_s=remaining_s,
    )
    return [encode(first), *(missed if isinstance(missed, list) else ())]


def opening(
    record: SessionRecord,
    transcript: Transcript,
    *,
    channel: str,
    env: UserEnv,
    values: Values,
    is_watched: bool,
    max_file_bytes: int,
) -> OpenSession:
    """Return the frame that a host is given a session with: all that it may know, and what was kept for it.

    Args:
        record: The session.
        transcript: Its conversation.
        channel: The name of its channel.
        env: The viewer's own variables.
        values: What was kept of `user_session` and the settings.
        is_watched: Somebody looks, or nobody has come yet.
        max_file_bytes: The largest file that is kept.
    """
    return OpenSession(
        session=record.id,
        channel=channel,
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
        max_file_bytes=max_file_bytes,
    )
