"""The web process: webhooks in, the desk and figures out (``python -m workers.web.serving HOST PORT``)."""

from workers.web.app import application

__all__ = ["application"]
