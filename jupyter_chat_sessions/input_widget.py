"""The fields of a settings form: `from jupyter_chat_sessions.input_widget import Slider`, or `cl.input_widget.Slider`.

The names are those of `chainlit.input_widget`; an app's `import chainlit.input_widget` is this module.
"""

from __future__ import annotations

from .chat.choice_widgets import MultiSelect, RadioGroup, Select
from .chat.date_picker import DatePicker
from .chat.input_widget import Checkbox, InputWidget, NumberInput, Slider, Switch, Tab, Tags, TextInput

__all__ = [
    "Checkbox",
    "DatePicker",
    "InputWidget",
    "MultiSelect",
    "NumberInput",
    "RadioGroup",
    "Select",
    "Slider",
    "Switch",
    "Tab",
    "Tags",
    "TextInput",
]
