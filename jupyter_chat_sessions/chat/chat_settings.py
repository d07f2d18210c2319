"""Settings that a viewer chooses for their chat, and what runs when they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ..host.current import current_app
from ..host.run import Run
from ..host.scope import Scope, current_scope
from ..host.setting_values import check_value
from ..host.settings import NO_SETTINGS, SettingsForm, apply_settings, show_settings
from ..protocol.errors import ChatSessionsError
from .input_widget import InputWidget, Tab

F = TypeVar("F", bound=Callable[..., Any])


class ChatSettings:
    """A form of settings for one session's chat (Chainlit: `cl.ChatSettings`).

    What holds now is `cl.user_session.get("chat_settings")`, in handlers and in cells. The form and what was chosen in
    it outlive reloads, restarts of the server, and restarts of the kernel, also where nobody sends the form again.

    Args:
        inputs: Fields of `cl.input_widget`, or tabs of them. An empty list takes the form away.

    Raises:
        TypeError: Something is no field and no tab.
        ValueError: Two fields have the same id, or a tab has no fields.

    Example:
        >>> @cl.on_chat_start
        ... async def start():
        ...     await cl.ChatSettings([Slider(id="temperature", label="Temperature", max=1, step=0.1)]).send()

    Unlike in Chainlit, everything that is chosen is checked against the form: what no field of it can be is refused,
    and the settings stay as they were.
    """

    def __init__(self, inputs: Sequence[InputWidget | Tab]) -> None:
        self.inputs = inputs
        self._form()  # what is wrong with it is said here, and not when it is sent

    def settings(self) -> dict[str, Any]:
        """Return what each field is at first, by their ids."""
        return self._form().initial_values()

    async def send(self) -> dict[str, Any]:
        """Show the form, and let each setting be what its field is at first.

        In `on_chat_resume` what the viewer had chosen is kept, as far as the form still has room for it: whoever comes
        back wants to find that. Everywhere else the author's word counts, as in Chainlit.

        Returns:
            The settings, by the ids of their fields.

        Raises:
            NoSessionError: There is no session here.
        """
        scope = current_scope()
        session = scope.session
        form = self._form()
        is_resuming = scope.run is not None and scope.run.slot == "on_chat_resume"
        kept = form.still_valid(session.chat_settings) if is_resuming else {}
        session.chat_settings = {**form.initial_values(), **kept}
        await _show(scope, form)
        return dict(session.chat_settings)

    async def refresh(self) -> dict[str, Any]:
        """Show the form and change no setting: for fields that depend on what is being edited.

        A field shows what the viewer is about to choose, else the setting that holds, else what it is at first,
        whichever first is something that it can be.

        Returns:
            What each field is at first, by their ids.

        Raises:
            NoSessionError: There is no session here.
        """
        scope = current_scope()
        form = self._form()
        await _show(scope, form)
        return form.initial_values()

    @staticmethod
    async def set(values: Mapping[str, Any]) -> dict[str, Any]:
        """Change settings, as a viewer does who saves the form; every screen shows it.

        From a cell, `on_settings_update` has its turn afterwards. A handler that sets something is not told of it.
        Not in Chainlit.

        Args:
            values: What to change, by the ids of the fields. Disabled ones can be changed so, too.

        Returns:
            All settings as they are then, by the ids of their fields.

        Raises:
            NoSessionError: There is no session here.
            ChatSessionsError: The form has no such field, or there is no form.
            TypeError: A value is of another type than its field.
            ValueError: A value is out of bounds.

        Example:
            >>> await cl.ChatSettings.set({"temperature": 0.2})
        """
        settings = set_settings(values)
        await current_scope().session.room()
        return settings

    def _form(self) -> SettingsForm:
        if not isinstance(self.inputs, list | tuple):
            raise TypeError(
                f"ChatSettings takes a list of fields or tabs; it was given {type(self.inputs).__name__!r}."
            )
        fields: list[InputWidget] = []
        for each in self.inputs:
            if isinstance(each, Tab):
                if not each.inputs:
                    raise ValueError(f"The tab {each.label!r} of these settings has no fields.")
                fields += each.inputs
            elif isinstance(each, InputWidget):
                fields.append(each)
            else:
                raise TypeError(
                    "ChatSettings takes fields of cl.input_widget, such as Slider or Select, and tabs of them; "
                    f"in its list was {type(each).__name__!r}."
                )
        ids = [each.id for each in fields]
        twice = next((each for each in ids if ids.count(each) > 1), None)
        if twice is not None:
            raise ValueError(
                f"Two fields of these settings have the id {twice!r}; the settings could not be told apart."
            )
        return SettingsForm([each.to_dict() for each in self.inputs])


def set_settings(values: Mapping[str, Any]) -> dict[str, Any]:
    """Do what `ChatSettings.set` does, without waiting."""
    scope = current_scope()
    session = scope.session
    form = session.settings_form
    if form is None:
        raise ChatSessionsError(f"{NO_SETTINGS} A handler shows some with `await cl.ChatSettings([…]).send()`.")
    if not isinstance(values, Mapping):
        raise TypeError(f"Settings are a dict of values by the ids of their fields; it was {type(values).__name__!r}.")
    chosen = {}
    for key, value in values.items():
        if key not in form.fields:
            raise ChatSessionsError(f"There is no setting {key!r}; there are: {', '.join(form.fields)}.")
        try:
            chosen[key] = check_value(form.fields[key], value)
        except (TypeError, ValueError) as reason:
            kind = TypeError if isinstance(reason, TypeError) else ValueError
            raise kind(f"The setting {key!r} {reason}; it was {value!r}.") from None
    apply_settings(session, chosen, run=scope.run)
    if scope.run is None and session.app.handler("on_settings_update") is not None:
        session.loop.call_soon_threadsafe(session.submit, Run("on_settings_update"))
    return dict(session.chat_settings)


async def _show(scope: Scope, form: SettingsForm) -> None:
    scope.session.settings_form = form if form.fields else None
    show_settings(scope.session, run=scope.run)
    scope.session.kept.save_soon()
    await scope.session.room()


def on_settings_update(function: F) -> F:
    """Run a function when a viewer has saved the settings, or a cell has set some.

    They hold already: `cl.user_session.get("chat_settings")` is the same.

    Args:
        function: Takes all settings as a dict by the ids of their fields, or nothing; `async def` or `def`.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.on_settings_update
        ... async def updated(settings):
        ...     cl.user_session.set("model", connect(settings["model"]))

    It has its turn among the session's messages, and runs once, however often the connection is lost. Without it, what
    is saved holds all the same.
    """
    current_app().register("on_settings_update", function, arguments=_settings)
    return function


def on_settings_edit(function: F) -> F:
    """Run a function while a viewer edits the settings, before they are saved.

    What is edited does not hold yet. Use `ChatSettings.refresh()` to change what the form offers.

    Args:
        function: Takes all settings as the form shows them, as a dict by the ids of their fields, or nothing;
            `async def` or `def`.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.on_settings_edit
        ... async def edited(settings):
        ...     models = MODELS[settings["provider"]]
        ...     await cl.ChatSettings([PROVIDER, Select(id="model", label="Model", values=models)]).refresh()
    """
    current_app().register("on_settings_edit", function, arguments=_settings)
    return function


def _settings(run: Run) -> tuple[Any, ...]:
    return (run.settings,)
