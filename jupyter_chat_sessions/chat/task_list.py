"""A list of tasks beside the conversation: what is done, what goes on, what is to come."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any

from ..host.scope import current_scope
from ..protocol.frames import SetState
from . import arguments


class TaskStatus(Enum):
    """How far a task is (Chainlit: `cl.TaskStatus`).

    Example:
        >>> task.status = cl.TaskStatus.DONE
        >>> await task_list.update()
    """

    READY = "ready"
    RUNNING = "running"
    FAILED = "failed"
    DONE = "done"


class Task:
    """One task of a list (Chainlit: `cl.Task`).

    Args:
        title: What is done, in a few words.
        status: How far it is; change it, and `update` the list.
        forId: The id of the message that it is about, which it leads to when it is clicked.

    Raises:
        TypeError: The title or id is no text, or the status is none.

    Example:
        >>> task = cl.Task("Read the report", status=cl.TaskStatus.RUNNING)
    """

    def __init__(
        self,
        title: str,
        status: TaskStatus = TaskStatus.READY,
        forId: str | None = None,  # noqa: N803  # Chainlit's name
    ) -> None:
        self.title = title
        self.status = status
        self.forId = forId
        self.to_dict()  # what is wrong with it is said here

    def __repr__(self) -> str:
        return f"<Task {self.title[:60]!r} {self.status.value}>"

    def to_dict(self) -> dict[str, Any]:
        """Return the task as viewers are told of it.

        Raises:
            TypeError: The title or id is no text, or the status is none.
        """
        if not isinstance(self.status, TaskStatus):
            known = ", ".join(str(status) for status in TaskStatus)
            raise TypeError(f"A task's status is one of {known}; it was {self.status!r}.")
        return {
            "title": arguments.text("A task's title", self.title),
            "status": self.status.value,
            "forId": arguments.text_or_none("A task's forId", self.forId),
        }


class TaskList:
    """A list of tasks (Chainlit: `cl.TaskList`). A session shows one: another that is sent takes its place.

    It survives reloads, and stands as it was sent or updated last.

    Args:
        tasks: The tasks; `add_task` adds to them.
        status: What stands above them, in a word or two.
        name: What the list is called.

    Attributes:
        tasks: The tasks, in order.
        status: What stands above them.

    Raises:
        TypeError: Something in the list is no task, or status or name is no text.

    Example:
        >>> plan = cl.TaskList(status="Running…")
        >>> task = cl.Task("Read the report", status=cl.TaskStatus.RUNNING)
        >>> await plan.add_task(task)
        >>> await plan.send()
        >>> task.status = cl.TaskStatus.DONE
        >>> await plan.update()

    Chainlit's is an element; here it is none and cannot stand with a message.
    """

    def __init__(self, tasks: Iterable[Task] = (), status: str = "Ready", name: str = "tasklist") -> None:
        self.tasks = list(tasks)
        self.status = status
        self.name = name
        self.to_dict()  # what is wrong with it is said here

    def __repr__(self) -> str:
        return f"<TaskList {self.status[:60]!r} {len(self.tasks)} tasks>"

    async def add_task(self, task: Task) -> None:
        """Put a task at the end; `send` or `update` shows it.

        Raises:
            TypeError: It is no task.
        """
        _check(task)
        self.tasks.append(task)

    async def send(self) -> None:
        """Show the list as it is now.

        Raises:
            NoSessionError: There is no session here.
            TypeError: Something in it is no task, or of a wrong type.
        """
        scope = current_scope()
        scope.session.emit(SetState(state={"tasks": self.to_dict()}), run=scope.run)
        await scope.session.room()

    async def update(self) -> None:
        """Do as `send` does."""
        await self.send()

    async def remove(self) -> None:
        """Take the list away.

        Raises:
            NoSessionError: There is no session here.
        """
        scope = current_scope()
        scope.session.emit(SetState(state={"tasks": None}), run=scope.run)
        await scope.session.room()

    def to_dict(self) -> dict[str, Any]:
        """Return the list as viewers are told of it.

        Raises:
            TypeError: Something in it is no task, or of a wrong type.
        """
        for task in self.tasks:
            _check(task)
        return {
            "name": arguments.text("A task list's name", self.name),
            "status": arguments.text("A task list's status", self.status),
            "tasks": [task.to_dict() for task in self.tasks],
        }


def _check(task: object) -> None:
    if not isinstance(task, Task):
        raise TypeError(f"A task list holds cl.Task; it was given {type(task).__name__!r}.")
