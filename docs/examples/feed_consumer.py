"""Follow the feed of IOC-EDU: python feed_consumer.py URL STATE  (standard library only).

A row is position and effect in one: a kill at any moment loses nothing and doubles nothing.
"""

import json
import sqlite3
import sys
import time
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

url, path = sys.argv[1:]
state = sqlite3.connect(path)
state.execute("CREATE TABLE IF NOT EXISTS feed (n INTEGER PRIMARY KEY, document TEXT NOT NULL)")


def read(question: str) -> Any:
    """Ask until there is an answer; what stood before a trimmed feed is read anew."""
    while True:
        try:
            with urlopen(url + question, timeout=30) as answer:
                return json.load(answer)
        except OSError as error:
            if isinstance(error, HTTPError) and error.code == 410:
                return read("/indicators")
            time.sleep(1)


while True:
    (last,) = state.execute("SELECT max(n) FROM feed").fetchone()
    page = read("/indicators" if last is None else f"/feed?after={last}&limit=500")
    rows = [(event["data"]["number"], json.dumps(event)) for event in page.get("entries", [])]
    if "feed" in page:  # a snapshot: the numbers as they stand at N; the feed goes on from there
        rows = [(page["feed"], json.dumps(page))]
    with state:
        state.executemany("INSERT INTO feed VALUES (?, ?)", rows)
    time.sleep(0 if rows else 1)
