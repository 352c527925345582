"""Alembic's entry: which tables the migrations are about."""

from chassis.migrations import run
from notifications.base import Base
from notifications.guardians import tables as _guardians
from notifications.messages import tables as _messages
from notifications.register import tables as _register
from notifications.webhooks import tables as _webhooks

__all__ = ["_guardians", "_messages", "_register", "_webhooks"]

run(Base.metadata)
