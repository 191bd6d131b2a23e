"""The server and the pages of the chat channels' tests."""

from tests.notifications.chats.conftest import asked, chat, envelope, paged

__all__ = ["asked", "chat", "envelope", "paged"]
