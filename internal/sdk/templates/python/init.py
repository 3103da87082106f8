"""A client of one stage of an API. It needs Python 3.8 or later and no other package."""

from .client import Client
from .core import ApiError, Response

__all__ = ["ApiError", "Client", "Response"]
