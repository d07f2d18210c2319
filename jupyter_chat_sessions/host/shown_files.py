"""Which of the files that this host has put are shown, and where: what is shown nowhere any more can go.

A picture that is drawn anew a thousand times is a thousand files; without this each would stay as long as its thread.
"""

from __future__ import annotations

import threading

from ..protocol.frames import AppendText, HostEvent, PutElement, PutStep, RemoveElement, RemoveStep, SetState

_PANEL = "sidebar"


class ShownFiles:
    """The files of one session that were put to be shown. From any thread."""

    __slots__ = ("_files_by_place", "_lock", "_places_by_file")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places_by_file: dict[str, set[str]] = {}
        """For each file that was put here, the steps that show it, or the panel."""
        self._files_by_place: dict[str, dict[str, str]] = {}
        """The other way round: the files by the elements that show them."""

    def __contains__(self, file_id: str) -> bool:
        return file_id in self._places_by_file

    def put(self, file_id: str) -> None:
        """A file was put, and will be shown."""
        with self._lock:
            self._places_by_file[file_id] = set()

    def forget(self, file_id: str) -> None:
        """A file is not with the hub after all, or could not be sent."""
        with self._lock:
            for place in self._places_by_file.pop(file_id, ()):
                files = self._files_by_place[place]
                self._files_by_place[place] = {key: file for key, file in files.items() if file != file_id}

    def after(self, event: HostEvent) -> list[str]:
        """Take note of what an event shows or takes away; return the files that are shown nowhere after it."""
        if not self._places_by_file or isinstance(event, AppendText):  # of those come as many as a model has tokens
            return []
        match event:
            case PutStep(step=step):
                return self._shows(step.id, {element.id: element.file for element in step.elements})
            case PutElement(step_id=step_id, element=element):
                return self._shows(step_id, {**self._files_by_place.get(step_id, {}), element.id: element.file})
            case RemoveElement(step_id=step_id, element_id=element_id):
                files = self._files_by_place.get(step_id, {})
                return self._shows(step_id, {key: file for key, file in files.items() if key != element_id})
            case RemoveStep(step_id=step_id):
                return self._shows(step_id, {})
            case SetState(state={"sidebar": panel}):
                elements = panel.get("elements", []) if isinstance(panel, dict) else []
                return self._shows(_PANEL, {element["id"]: element.get("file") for element in elements})
        return []

    def without(self, step_ids: list[str]) -> list[str]:
        """Take note that steps are gone; return the files that are shown nowhere after that."""
        return [file_id for step_id in step_ids for file_id in self._shows(step_id, {})]

    def _shows(self, place: str, files: dict[str, str | None]) -> list[str]:
        with self._lock:
            before = set(self._files_by_place.pop(place, {}).values())
            own = {key: file for key, file in files.items() if file is not None and file in self._places_by_file}
            if own:
                self._files_by_place[place] = own
            for file_id in own.values():
                self._places_by_file[file_id].add(place)
            gone = []
            for file_id in before.difference(own.values()):
                places = self._places_by_file[file_id]
                places.discard(place)
                if not places:
                    del self._places_by_file[file_id]
                    gone.append(file_id)
            return gone
