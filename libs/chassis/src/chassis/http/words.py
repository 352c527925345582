"""What people type: one spelling, so that equal words are equal bytes."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator


def _tidy(words: str) -> str:
    return " ".join(unicodedata.normalize("NFC", words).split())


Words = Annotated[str, AfterValidator(_tidy)]
"""What a person typed, in one spelling and with single spaces."""
