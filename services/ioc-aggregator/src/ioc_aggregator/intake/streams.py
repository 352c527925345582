"""Which fold reads which topic: every topic that contracts give the aggregator has one."""

from contracts import topics
from ioc_aggregator.intake import (
    channels,
    classes,
    enrolment,
    fees,
    guardians,
    messages,
    periods,
    register,
    scores,
)
from ioc_aggregator.intake.folding import Fold

FOLDS: dict[str, Fold] = {
    topics.UNITS.name: register.fold,
    topics.SCHOOLS.name: register.fold,
    topics.SCHOOL_YEARS.name: register.fold,
    topics.ENROLMENT.name: enrolment.fold,
    topics.CLASSES.name: classes.fold,
    topics.SCORES.name: scores.fold,
    topics.FEES.name: fees.fold,
    topics.PAYMENT_CHANNELS.name: channels.fold,
    topics.GUARDIANS.name: guardians.fold,
    topics.MESSAGES.name: messages.fold,
    topics.WATERMARKS.name: register.fold,
    topics.PERIODS.name: periods.fold,
}

BULKS = {topics.SCORES.name: scores.BULK}
"""The streams that are read in bulk while the aggregator catches up."""

TOPICS = topics.CONSUMERS["ioc-aggregator"]
