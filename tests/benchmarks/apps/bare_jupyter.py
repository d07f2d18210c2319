"""What nobody who serves a WebSocket from a Jupyter server can do without: its handshake, for somebody it knows.

A server extension with one socket, `bare`, that greets whoever has opened it, and has no sessions, no kernel and no
database. What a viewer costs beyond it is this package's own.
"""

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import ensure_async, url_path_join
from tornado.web import HTTPError
from tornado.websocket import WebSocketHandler


class BareSocket(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """Lets in who may, as Jupyter documents it, and greets."""

    @ws_authenticated
    async def get(self, *args, **kwargs):
        may = self.authorizer.is_authorized(self, self.current_user, "execute", "kernels")
        if not await ensure_async(may):
            raise HTTPError(403)
        await super().get(*args, **kwargs)

    def open(self, *args, **kwargs):
        super().open(*args, **kwargs)
        self.write_message('[["say", "hello"]]')


def _load_jupyter_server_extension(app):
    app.web_app.add_handlers(".*$", [(url_path_join(app.web_app.settings["base_url"], "bare"), BareSocket)])
