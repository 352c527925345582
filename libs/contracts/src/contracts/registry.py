"""Every event, found by the CloudEvents type of a document."""

import msgspec
from pydantic import ValidationError

from contracts import (
    admissions,
    applications,
    attendance,
    checkpoints,
    gradebook,
    invoices,
    notifications,
    payments,
    privacy,
    relay,
    reports,
    results,
    statistics,
    transcripts,
)
from contracts.envelope import Envelope, Whole
from contracts.event import Event

EVENTS: tuple[type[Event], ...] = (
    admissions.UnitRegistered,
    admissions.UnitMerged,
    admissions.SchoolRegistered,
    admissions.SchoolYearSet,
    admissions.StudentEnrolled,
    admissions.StudentTransferred,
    admissions.StudentWithdrawn,
    applications.IdentityVerified,
    applications.ApplicationSubmitted,
    applications.AdmissionDecided,
    applications.EnrolmentConfirmed,
    applications.EnrolmentRequested,
    applications.QuotaSet,
    applications.CutScorePublished,
    reports.AdoptionReported,
    reports.StaffReported,
    reports.PopulationReported,
    privacy.SubjectKey,
    gradebook.ClassOpened,
    gradebook.ClassCounted,
    gradebook.PupilPlaced,
    gradebook.TeachingAssigned,
    gradebook.SheetOpened,
    gradebook.ScoreEntered,
    gradebook.ScoresPublished,
    attendance.AttendanceMarked,
    attendance.AbsencesCounted,
    results.SubjectAveragesComputed,
    results.TermResultDecided,
    results.ConductDecided,
    results.TitleAwarded,
    results.PrimaryResultDecided,
    results.PromotionDecided,
    results.CompletionConfirmed,
    results.RetestRequired,
    results.GradebookLocked,
    transcripts.TranscriptIssued,
    checkpoints.HistoryCheckpointed,
    payments.FeeAssessed,
    payments.FeePaid,
    payments.FeeReversed,
    payments.PaymentChannelEnabled,
    invoices.ServiceSubscribed,
    invoices.SubsidyComputed,
    invoices.PaymentUnmatched,
    invoices.EinvoiceIssued,
    notifications.GuardianLinked,
    notifications.GuardianUnlinked,
    notifications.MessageDelivered,
    notifications.MessageFailed,
    notifications.GuardianReached,
    notifications.StaffMessageDelivered,
    relay.Watermark,
    statistics.IndicatorChanged,
    statistics.DayEnded,
)

_BY_TYPE = {event.type_name(): event for event in EVENTS}
_NAMES = {event.schema_name() for event in EVENTS}


class ContractError(Exception):
    """A document whose data is not what its type promises.

    ``reason`` is a slug: ``unknown-type`` (somebody else's fact, to be passed over),
    ``unknown-major`` (a fact of ours that this version cannot read) or ``invalid-data``.
    ``detail`` names fields, never values: it is stored where personal data may not be.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def model_for(type: str) -> type[Event] | None:  # noqa: A002 - the attribute's name
    """Give the event of a CloudEvents type, exactly this major version."""
    return _BY_TYPE.get(type)


def known_name(type: str) -> bool:  # noqa: A002 - the attribute's name
    """Tell whether some major version of this type is ours."""
    prefix, _, major = type.rpartition(".v")
    return prefix.removeprefix("edu.") in _NAMES and prefix.startswith("edu.") and major.isdigit()


def parse(document: Envelope | Whole[msgspec.Raw]) -> Event:
    """Read a document's data as its event; raises only :class:`ContractError`."""
    model = _BY_TYPE.get(document.type)
    if model is None:
        reason = "unknown-major" if known_name(document.type) else "unknown-type"
        raise ContractError(reason, document.type)
    try:
        return model.read(bytes(document.data))
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        detail = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'data'}: {problem['msg']}"
            for problem in problems[:10]
        )
        raise ContractError("invalid-data", detail) from None
