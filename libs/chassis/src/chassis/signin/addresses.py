"""Where browsers may be sent, and under which names they keep our cookies. Pure."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_LONGEST = 1024
_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")
"""A path on this host: ASCII without spaces, controls and backslashes, which browsers rewrite."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where browsers reach a service: scheme, host and path, without a slash at the end."""

    base: str

    @property
    def secure(self) -> bool:
        """Whether cookies can be kept to encrypted connections."""
        return self.base.startswith("https://")

    @property
    def path(self) -> str:
        """The path under which a proxy shows the service; mostly none."""
        return urlsplit(self.base).path

    @property
    def home(self) -> str:
        """Where somebody goes who did not come from anywhere."""
        return f"{self.path}/"

    @property
    def callback(self) -> str:
        """Where the provider sends the browser back to."""
        return f"{self.base}/signin/callback"

    def cookie(self, service: str, name: str) -> str:
        """Name a cookie: bound to this host and to https where there is https.

        The service stands in it, because cookies know no ports, and paths do not keep them apart.
        """
        return f"{'__Host-' if self.secure else ''}{service}-{name}"


def local(text: str | None, *, otherwise: str) -> str:
    """Return `text` if it is a path on this host, else `otherwise`: never another host."""
    if text is None or len(text) > _LONGEST or not _PATH.fullmatch(text):
        return otherwise
    try:
        parts = urlsplit(text)
    except ValueError:
        return otherwise
    return otherwise if parts.scheme or parts.netloc else text
