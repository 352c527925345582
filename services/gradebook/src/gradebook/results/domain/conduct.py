"""Kết quả rèn luyện of the year from those of its terms (TT 22/2021 Art. 8(2))."""

from gradebook.results.domain.words import Rating

_BY_TERMS = {
    Rating.TOT: (Rating.CHUA_DAT, Rating.KHA, Rating.KHA, Rating.TOT),
    Rating.KHA: (Rating.CHUA_DAT, Rating.DAT, Rating.KHA, Rating.TOT),
    Rating.DAT: (Rating.CHUA_DAT, Rating.DAT, Rating.KHA, Rating.KHA),
    Rating.CHUA_DAT: (Rating.CHUA_DAT, Rating.DAT, Rating.DAT, Rating.KHA),
}
"""By term I, then by term II from Chưa đạt to Tốt."""


def year(first: Rating | None, second: Rating | None) -> Rating | None:
    """Give the conduct of the year; None while a term has none."""
    if first is None or second is None:
        return None
    return _BY_TERMS[first][second.rank]
