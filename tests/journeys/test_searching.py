"""The search for canaries finds them however they are written, and nothing else."""

import base64
import json
import quopri
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from .searching import Canary, Hit, Place, hits

NAME = "Trần Thị Ọnkzqvẩx"
HERE, HOME = Place("log", "here"), Place("table", "home")
CANARY = Canary(NAME, "somebody", frozenset({HOME}))


@pytest.mark.parametrize(
    "written",
    [
        str.encode,
        lambda text: text.upper().encode(),
        lambda text: json.dumps({"name": text}).encode(),
        lambda text: json.dumps({"name": json.dumps(text)}).replace("\\\\", "\\").encode(),
        lambda text: f"https://x/?q={quote(text)}".encode(),
        lambda text: f"https://x/?q={quote_plus(text)}&y=1".lower().encode(),
        lambda text: base64.b64encode(text.encode()),
        lambda text: base64.b64encode(b"{" + text.encode() + b"}"),
        lambda text: base64.urlsafe_b64encode(b"{}" + text.encode() + b"tail"),
        lambda text: b"\\x" + text.encode().hex().encode(),
        lambda text: quopri.encodestring(text.encode()),
        lambda text: text.encode("utf-16-le"),
        lambda _: b"TRAN THI ONKZQVAX",
    ],
)
def test_a_canary_is_found_however_it_is_written(written: Callable[[str], bytes]) -> None:
    content = b"before " + written(NAME) + b" after"
    assert hits([CANARY], [(HERE, content)]) == [Hit("somebody", HERE)]


def test_a_key_is_found_as_bytes_and_as_text() -> None:
    key = bytes(range(200, 232))
    canary = Canary(key, "a key")
    for content in (key, b"x" + key, key.hex().encode(), base64.b64encode(b"xx" + key)):
        assert hits([canary], [(HERE, content)])


def test_nothing_is_found_where_nothing_stands_or_where_it_may_stand() -> None:
    assert hits([CANARY], [(HERE, b"Tran Thi An"), (HOME, NAME.encode())]) == []
