"""What every indicator means, for people and for programs."""

from ioc_aggregator.indicators.catalogue import CATALOGUE
from ioc_aggregator.indicators.indicator import Indicator, Words
from ioc_aggregator.views import answers
from ioc_aggregator.views.indicators import measured_in


def answer() -> answers.CatalogueAnswer:
    """Give the whole catalogue."""
    return answers.CatalogueAnswer(indicators=[_entry(item) for item in CATALOGUE.values()])


def _entry(indicator: Indicator) -> answers.CatalogueEntry:
    named = indicator.denominator_name
    return answers.CatalogueEntry(
        indicator=indicator.id,
        version=indicator.version,
        name=_words(indicator.name),
        definition=_words(indicator.definition),
        unit=measured_in(indicator),
        numerator=_words(indicator.numerator_name),
        denominator=None if named is None else _words(named),
        group=indicator.group,
        dims=list(indicator.dims),
        fine_dims=list(indicator.fine_dims),
        published=[list(dims) for dims in indicator.published],
        periods=sorted(indicator.periods),
        sources=list(indicator.sources),
        streams=[stream.name for stream in indicator.streams],
        levels=sorted(indicator.levels),
        events=[event.type_name() for event in indicator.events],
        draft=indicator.draft,
        headline=indicator.headline,
        legal_basis=indicator.legal_basis,
    )


def _words(words: Words) -> answers.Words:
    return answers.Words(vi=words.vi, en=words.en)
