"""The web process: webhooks in, the desk and the figures out. Run it as ``uvicorn --factory workers.web:application``."""

from workers.web.app import application

__all__ = ["application"]
