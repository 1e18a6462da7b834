"""The web process: webhooks in, the desk and figures out (``uvicorn --factory workers.web:application``)."""

from workers.web.app import application

__all__ = ["application"]
