"""The chat as a page of its own."""

from __future__ import annotations

import html
import json
from typing import Any

from tornado import web

from ...assets import static_imports, static_version
from ...protocol.steps import is_channel_name
from .base import ChatHandler

_PAGE = """<!doctype html>
<html lang="en" class="jcs-document">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="{static}chat.css?v={version}">
{preloads}
<script type="application/json" id="chat-sessions-config">{config}</script>
<script type="module" src="{static}page.js?v={version}"></script>
</head>
<body>
<main id="chat"></main>
<noscript>This chat needs JavaScript.</noscript>
</body>
</html>
"""


class PageHandler(ChatHandler):
    """Serves a channel's page, also while no notebook answers it: the page says so itself."""

    @property
    def content_security_policy(self) -> str:
        """Nothing but what this server sends: what a bot says is untrusted."""
        return _policy()

    def set_default_headers(self) -> None:
        """Add what keeps a page to itself."""
        super().set_default_headers()
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cross-Origin-Opener-Policy", "same-origin")
        self.set_header("Cache-Control", "no-cache")

    @web.authenticated
    async def get(self, channel: str) -> None:
        """Serve the page."""
        await self.authorize()
        if is_channel_name(channel) is None:
            raise web.HTTPError(404)
        if self.hub.allows_remote_images(channel):
            self.set_header("Content-Security-Policy", _policy(images=" https:"))
        _ = self.xsrf_token  # asking for it sets the cookie that the page's own POSTs need
        config: dict[str, Any] = {"baseUrl": self.base_url, "channel": channel, "version": static_version()}
        # "<" would let a name end the script element that carries it.
        text = json.dumps(config).replace("<", "\\u003c")
        static = f"{self.base_url}static/jupyter_chat_sessions/"
        preloads = "\n".join(f'<link rel="modulepreload" href="{static}{path}">' for path in static_imports("page.js"))
        self.finish(
            _PAGE.format(
                title=html.escape(channel), static=static, version=static_version(), preloads=preloads, config=text
            )
        )


def _policy(*, images: str = "") -> str:
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:{images}; "
        "media-src 'self' blob:; font-src 'self' data:; connect-src 'self'; frame-src blob:; base-uri 'none'; "
        "form-action 'none'; object-src 'none'; frame-ancestors 'self'"
    )
