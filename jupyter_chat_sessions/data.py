"""Stores of an author's own (Chainlit: `chainlit.data`); see `data_layer`."""

from .chat.data_layer import (
    BaseDataLayer,
    PageInfo,
    PaginatedResponse,
    Pagination,
    ThreadFilter,
    get_data_layer,
    queue_until_user_message,
)

__all__ = [
    "BaseDataLayer",
    "PageInfo",
    "PaginatedResponse",
    "Pagination",
    "ThreadFilter",
    "get_data_layer",
    "queue_until_user_message",
]
