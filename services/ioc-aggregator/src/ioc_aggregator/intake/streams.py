"""Which fold reads which topic: every topic that contracts give the aggregator has one."""

from contracts import topics
from ioc_aggregator.intake import (
    applications,
    attendance,
    channels,
    checkpoints,
    classes,
    enrolment,
    fees,
    guardians,
    messages,
    periods,
    register,
    reports,
    results,
    scores,
    transcripts,
)
from ioc_aggregator.intake.folding import Fold

FOLDS: dict[str, Fold] = {
    topics.UNITS.name: register.fold,
    topics.SCHOOLS.name: register.fold,
    topics.SCHOOL_YEARS.name: register.fold,
    topics.ENROLMENT.name: enrolment.fold,
    topics.APPLICATIONS.name: applications.fold,
    topics.QUOTAS.name: applications.fold_quotas,
    topics.REPORTS.name: reports.fold,
    topics.CLASSES.name: classes.fold,
    topics.SCORES.name: scores.fold,
    topics.ATTENDANCE.name: attendance.fold,
    topics.RESULTS.name: results.fold,
    topics.TRANSCRIPTS.name: transcripts.fold,
    topics.CHECKPOINTS.name: checkpoints.fold,
    topics.FEES.name: fees.fold,
    topics.PAYMENT_CHANNELS.name: channels.fold,
    topics.GUARDIANS.name: guardians.fold,
    topics.MESSAGES.name: messages.fold,
    topics.WATERMARKS.name: register.fold,
    topics.PERIODS.name: periods.fold,
}

BULKS = {
    topics.SCORES.name: scores.BULK,
    topics.ATTENDANCE.name: attendance.BULK,
    topics.FEES.name: fees.BULK,
    topics.MESSAGES.name: messages.BULK,
}
"""The large streams: read in bulk, live and when a log is recounted."""

TOPICS = topics.CONSUMERS["ioc-aggregator"]
