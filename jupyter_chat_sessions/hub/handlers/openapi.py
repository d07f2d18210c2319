"""The description of the REST interface, made of what the handlers say of themselves."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from ..._version import __version__
from ..export import MEDIA_TYPES
from .base import ErrorBody
from .operations import SECRET_HEADER, Content, File, Operation

_REF = "#/components/schemas/{name}"
_NO_STRUCTS = (None, dict, File, Content)
_CONTENT: dict[str, Any] = {"application/octet-stream": {}}
"""Any bytes: OpenAPI 3.1 describes them by having no schema."""


def describe(operations: dict[str, dict[str, Operation]], *, base_url: str) -> dict[str, Any]:
    """Return an OpenAPI 3.1 document.

    Args:
        operations: By path, by method.
        base_url: Where the server's own paths begin.
    """
    types: list[Any] = [ErrorBody]
    for methods in operations.values():
        for operation in methods.values():
            types.extend(
                type_ for type_ in (operation.answer, operation.body) if type_ not in (None, dict, File, Content)
            )
    _, components = msgspec.json.schema_components(types, ref_template=_REF)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Jupyter Chat Sessions", "version": __version__},
        "servers": [{"url": f"{base_url}api/chat-sessions"}],
        "paths": {
            path: {method: _operation(path, operation) for method, operation in methods.items()}
            for path, methods in operations.items()
        },
        "components": {"schemas": components},
    }


def _operation(path: str, operation: Operation) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", path)
    ]
    parameters += [
        {"name": name, "in": "query", "required": False, "schema": {"type": type_}}
        for name, type_ in operation.query.items()
    ]
    if operation.needs_secret:
        parameters.append(_header(SECRET_HEADER, "string"))
    parameters += [_header(name, type_) for name, type_ in operation.headers.items()]
    answer: dict[str, Any] = {"description": operation.summary}
    if operation.answer is File:
        answer["content"] = {media_type: {"schema": {"type": "string"}} for media_type in MEDIA_TYPES.values()}
    elif operation.answer is Content:
        answer["content"] = _CONTENT
    elif operation.answer is not None:
        answer["content"] = {"application/json": {"schema": _schema(operation.answer)}}
    if operation.streams:
        answer["content"]["text/event-stream"] = {"schema": {"type": "string"}}
    described: dict[str, Any] = {
        "summary": operation.summary,
        "responses": {
            str(operation.status): answer,
            "default": {
                "description": "Refused: a code and a sentence.",
                "content": {"application/json": {"schema": _schema(ErrorBody)}},
            },
        },
    }
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        content = _CONTENT if operation.body is Content else {"application/json": {"schema": _schema(operation.body)}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _header(name: str, type_: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": True, "schema": {"type": type_}}


def _schema(of: Any) -> dict[str, Any]:
    return {"type": "object"} if of is dict else {"$ref": _REF.format(name=of.__name__)}
