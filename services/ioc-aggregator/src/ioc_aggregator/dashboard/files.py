"""The page's files, read once and kept in memory, packed as well where that saves bytes."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable

from contracts.lists import Grade, Subject

INDEX = "index.html"
LIST = "indicators.html"
"""The page that lists every indicator."""
LISTS = "lists.json"
_ADDRESS = b"{{files}}"
"""Stands in the page for the address of its files."""
_MEDIA_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "geojson": "application/geo+json",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
}
_PACKED_ALREADY = frozenset({"woff2"})


@dataclass(frozen=True)
class File:
    """One file as it is sent."""

    content: bytes
    packed: bytes | None
    """Gzipped, where that is worth it."""
    media_type: str

    @classmethod
    def of(cls, name: str, content: bytes) -> "File":
        """Take a file by its name; its ending says what it is."""
        ending = name.rpartition(".")[2]
        packed = None if ending in _PACKED_ALREADY else gzip.compress(content, mtime=0)
        return cls(content, packed, _MEDIA_TYPES[ending])


@dataclass(frozen=True)
class Release:
    """All files of this release, and the digest that stands in their addresses.

    An address with the digest never changes what it means, so a browser may keep it for a year;
    only the page itself is asked for again.
    """

    digest: str
    page: File
    list: File
    files: dict[str, File]

    @classmethod
    def read(cls) -> "Release":
        """Read the files that are shipped with this package."""
        contents = dict(_walk(files(__package__) / "static", ""))
        contents[LISTS] = _lists()
        digest = blake2b(digest_size=8)
        for name, content in sorted(contents.items()):
            digest.update(name.encode() + b"\0" + content + b"\0")
        address = f"dashboard/{digest.hexdigest()}".encode()
        page, listing = (contents.pop(name).replace(_ADDRESS, address) for name in (INDEX, LIST))
        return cls(
            digest=digest.hexdigest(),
            page=File.of(INDEX, page),
            list=File.of(LIST, listing),
            files={name: File.of(name, content) for name, content in contents.items()},
        )


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        name = prefix + entry.name
        if entry.is_dir():
            yield from _walk(entry, f"{name}/")
        elif name.rpartition(".")[2] in _MEDIA_TYPES:
            yield name, entry.read_bytes()


def _lists() -> bytes:
    """Give the page the names of the closed lists, so that they stand in one place only."""
    return json.dumps(
        {
            "subjects": [
                {
                    "code": subject,
                    "vi": subject.vietnamese,
                    "en": subject.english,
                    "assessment": subject.assessment,
                }
                for subject in Subject
            ],
            "grades": [
                {"code": grade, "vi": grade.vietnamese, "en": grade.english} for grade in Grade
            ],
        },
        ensure_ascii=False,
    ).encode()
