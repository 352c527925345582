"""Every indicator of the page, written down a second time."""

from __future__ import annotations

from edu.verify.formulas import GRADED, Formula, Schools, Sum, cashless, late, where

PUPILS, SCHOOLS, SCORES = (
    "admissions.enrolment.v1",
    "admissions.schools.v1",
    "gradebook.scores.v1",
)
FEES, CHANNELS = "payments.fees.v1", "payments.channels.v1"
GUARDIANS, MESSAGES = "notifications.guardians.v1", "notifications.messages.v1"
APPLICATIONS, QUOTAS = "admissions.applications.v1", "admissions.quotas.v1"
REPORTS, CLASSES = "admissions.reports.v1", "gradebook.classes.v1"
ATTENDANCE, RESULTS = "gradebook.attendance.v1", "gradebook.results.v1"
TRANSCRIPTS = "gradebook.transcripts.v1"
_ENTERED = Sum("scores", "entered")
_ENABLED = Sum("channels", "channels")
_PUPILS, _CLASSES = Sum("pupils", "count"), Sum("classes", "classes")
_BILLED, _COLLECTED = Sum("charges", "billed"), Sum("settled", "collected")

_QUOTA = Sum("seats", "quota", where(grade="10"))
_TEACHERS = Sum("staff", "staff", where(role="teacher"))
_RESULTS = Sum("results", "pupils")
_SECONDARY, _UPPER = frozenset({"THCS", "THPT", "GDTX"}), frozenset({"THPT"})
_DECIDING = _SECONDARY | {"TH"}
_ENTRY = frozenset({"MN", "TH", "THCS"})
_MN, _TH, _THCS = frozenset({"MN"}), frozenset({"TH"}), frozenset({"THCS"})


def _decided(decision: str, **more: str) -> Sum:
    return Sum("decisions", "pupils", where(decision=decision, **more))


def _at(*stages: str) -> Sum:
    return Sum("transcripts", "transcripts", where(stage=" ".join(stages)))


def _adopted(system: str, value: str = "items") -> Sum:
    return Sum("adoptions", value, where(system=system))


def _of_age(grades: str, ages: str) -> tuple[Sum, Sum]:
    return (
        Sum("pupil_ages", "count", where(grade=grades, age=ages)),
        Sum("population", "persons", where(age=ages)),
    )


def _moved(move: str, grades: str | None = None) -> Sum:
    picks = where(move=move) if grades is None else where(move=move, grade=grades)
    return Sum("moves", "pupils", picks)


def _once_a_term(above: Sum, below: Sum | None, levels: frozenset[str] = _SECONDARY) -> Formula:
    return Formula(above, below, (RESULTS,), levels, by_term=True, by_year=False)


_LEVELS = ("good", "fair", "satisfactory", "unsatisfactory")
_SEALED = ("sealed", "submitted", "accepted", "synced", "rejected")
_QUALITY = {
    "N72": "ministry-sync",
    "N73": "login",
    "N731": "response",
    "N74": "complaint",
    "N741": "complaint-on-time",
    "N75": "privacy-request",
}
_WITH = {
    "N24": "national-standard",
    "N43": "smart-attendance",
    "N691": "camera",
    "N702": "lesson-plans",
    "N703": "timetable",
}

FORMULAS = {
    "N01": Formula(Schools(), None, (SCHOOLS,)),
    "N011": Formula(Schools(), None, (SCHOOLS,), _MN),
    "N012": Formula(Schools(), None, (SCHOOLS,), _TH),
    "N013": Formula(Schools(), None, (SCHOOLS,), _THCS),
    "N014": Formula(Schools(), None, (SCHOOLS,), _UPPER),
    "N02": Formula(_adopted("site"), None, (REPORTS,)),
    "N03": Formula(_CLASSES, None, (CLASSES,)),
    "N05": Formula(_PUPILS, _CLASSES, (PUPILS, CLASSES)),
    "N06": Formula(Sum("rolls", "oversize"), Sum("rolls", "classes"), (CLASSES,)),
    "N07": Formula(Sum("rolls", "two_sessions"), Sum("rolls", "pupils"), (CLASSES,)),
    "N08": Formula(
        Sum("services", "pupils", where(fee_kind="boarding-meals")), _PUPILS, (PUPILS, FEES)
    ),
    "N09": Formula(*_of_age("1 2 3 4 5", "6 7 8 9 10"), (PUPILS, REPORTS), _TH),
    "N091": Formula(*_of_age("6 7 8 9", "11 12 13 14"), (PUPILS, REPORTS), _THCS),
    "N092": Formula(*_of_age("10 11 12", "15 16 17"), (PUPILS, REPORTS), _UPPER),
    "N10": Formula(_moved("entered", "1 6 10"), None, (PUPILS,)),
    "N11": Formula(*_of_age("NT MG3 MG4 MG5", "5"), (PUPILS, REPORTS), _MN),
    "N12": Formula(_moved("transferred-in"), None, (PUPILS,)),
    "N121": Formula(_moved("transferred-out"), None, (PUPILS,)),
    "N13": Formula(_moved("dropped-out"), Sum("pupils_at_start", "count"), (PUPILS,)),
    "N14": Formula(
        _decided("promotion", outcome="repeated repeated-after-summer"),
        _decided("promotion"),
        (RESULTS,),
    ),
    "N15": Formula(
        _moved("entered", "6"),
        Sum("completers", "pupils", where(grade="5")),
        (PUPILS, RESULTS),
        _TH | _THCS,
    ),
    "N151": Formula(
        _moved("entered", "10"),
        Sum("completers", "pupils", where(grade="9")),
        (PUPILS, RESULTS),
        _THCS | _UPPER,
    ),
    "N16": Formula(Sum("pupil_ages", "count", where(inclusion="yes")), None, (PUPILS,)),
    "N17": Formula(Sum("identities", "pupils"), _PUPILS, (PUPILS,)),
    "N18": Formula(_TEACHERS, None, (REPORTS,)),
    "N181": Formula(Sum("staff", "women", where(role="teacher")), _TEACHERS, (REPORTS,)),
    "N19": Formula(_TEACHERS, _CLASSES, (REPORTS, CLASSES)),
    "N20": Formula(Sum("staff", "norm", where(role="teacher"), less=_TEACHERS), None, (REPORTS,)),
    "N21": Formula(Sum("staff", "qualified", where(role="teacher")), _TEACHERS, (REPORTS,)),
    "N22": Formula(Sum("staff", "staff", where(role="manager")), None, (REPORTS,)),
    "N23": Formula(Sum("staff", "certified"), Sum("staff", "staff"), (REPORTS,)),
    "N25": Formula(
        Schools((Sum("reported", "events", where(stream=SCORES)),)),
        Schools(),
        (SCHOOLS, SCORES),
        GRADED,
    ),
    "N27": Formula(
        Sum("books", "books", late, less=Sum("books", "locked", late)),
        None,
        (RESULTS,),
        GRADED,
        by_term=True,
    ),
    "N29": Formula(
        Sum("corrections", "raised"), Sum("scores", "corrected"), (SCORES,), GRADED, by_term=True
    ),
    "N30": Formula(Sum("corrections", "crossed"), None, (SCORES,), GRADED, by_term=True),
    "N31": _once_a_term(Sum("averages", "pupils"), None, _DECIDING),
    **{
        f"N32{at or ''}": _once_a_term(Sum("results", "pupils", where(result=one)), _RESULTS)
        for at, one in enumerate(_LEVELS)
    },
    **{
        f"N33{at or ''}": _once_a_term(_decided("conduct", outcome=one), _decided("conduct"))
        for at, one in enumerate(_LEVELS)
    },
    "N34": _once_a_term(Sum("results", "adjusted"), _RESULTS),
    **{
        f"N35{at or ''}": Formula(
            _decided("title", outcome=one),
            Sum("results", "pupils", where(term="CN")),
            (RESULTS,),
            _SECONDARY,
        )
        for at, one in enumerate(("excellent", "good"))
    },
    **{
        f"N36{at or ''}": Formula(
            _decided("primary", outcome=one), _decided("primary"), (RESULTS,), _TH
        )
        for at, one in enumerate(("excellent", "good", "completed", "not-completed"))
    },
    "N37": Formula(Sum("retests", "pupils"), None, (RESULTS,), _SECONDARY),
    "N38": Formula(
        _decided("promotion", outcome="promoted-after-summer"),
        _decided("promotion", outcome="summer promoted-after-summer repeated-after-summer"),
        (RESULTS,),
        _DECIDING,
    ),
    "N39": Formula(
        _decided("completion", grade="9", outcome="completed"),
        _decided("completion", grade="9"),
        (RESULTS,),
        _THCS,
    ),
    "N40": Formula(
        Sum("attendance", "due", less=Sum("attendance", "absent")),
        Sum("attendance", "due"),
        (ATTENDANCE,),
    ),
    "N41": Formula(Sum("attendance", "unexcused"), _PUPILS, (ATTENDANCE, PUPILS)),
    "N42": Formula(Sum("absentees", "from_30"), None, (ATTENDANCE,)),
    "N421": Formula(Sum("absentees", "over_45"), None, (ATTENDANCE,)),
    "N44": Formula(
        _at("locked", *_SEALED), Sum("transcripts", "transcripts"), (TRANSCRIPTS,), GRADED
    ),
    "N45": Formula(_at(*_SEALED), Sum("transcripts", "transcripts"), (TRANSCRIPTS,), GRADED),
    "N46": Formula(
        _at("accepted", "synced"),
        _at("submitted", "accepted", "synced", "rejected"),
        (TRANSCRIPTS,),
        GRADED,
    ),
    "N47": Formula(_at("synced"), _at("accepted", "synced"), (TRANSCRIPTS,), GRADED),
    "N48": Formula(Sum("rejections", "rejections"), None, (TRANSCRIPTS,), GRADED),
    "N49": Formula(_at("revoked"), None, (TRANSCRIPTS,), GRADED),
    "N51": Formula(Sum("reached", "guardians"), _PUPILS, (GUARDIANS, PUPILS)),
    "N53": Formula(Sum("staff_messages", "delivered"), None, (MESSAGES,)),
    "N54": Formula(Sum("messages", "delivered", where(purpose="enrolment")), None, (MESSAGES,)),
    "N55": Formula(
        Sum("sendings", "delivered"),
        Sum("sendings", "delivered", plus=Sum("sendings", "failed")),
        (MESSAGES,),
    ),
    "N551": Formula(Sum("sendings", "cost"), _PUPILS, (MESSAGES, PUPILS)),
    "N56": Formula(Sum("applications", "applications"), None, (APPLICATIONS,), _UPPER),
    "N57": Formula(
        Sum("applications", "applications", where(preference="1")),
        _QUOTA,
        (APPLICATIONS, QUOTAS),
        _UPPER,
    ),
    "N58": Formula(Sum("cut_scores", "points"), Sum("cut_scores", "scores"), (QUOTAS,), _UPPER),
    **{
        f"N59{at or ''}": Formula(
            Sum("placements", "applicants", where(preference=one)),
            Sum("placements", "applicants"),
            (APPLICATIONS,),
            _THCS,
        )
        for at, one in enumerate(("1", "2", "3", "none"))
    },
    "N60": Formula(
        Sum("seats", "confirmed", where(grade="10")), _QUOTA, (QUOTAS, APPLICATIONS), _UPPER
    ),
    "N61": Formula(Sum("requests", "requests"), None, (APPLICATIONS,), _ENTRY),
    "N611": Formula(
        Sum("requests", "requests", where(zone="out")),
        Sum("requests", "requests"),
        (APPLICATIONS,),
        _ENTRY,
    ),
    "N66": Formula(Sum("subsidies", "amount"), None, (FEES,)),
    "N67": Formula(Sum("unmatched", "amount"), None, (FEES,)),
    "N671": Formula(Sum("unmatched", "payments"), None, (FEES,)),
    "N68": Formula(Sum("einvoices", "invoices", where(status="issued")), None, (FEES,)),
    "N681": Formula(Sum("einvoices", "invoices", where(status="failed")), None, (FEES,)),
    "N69": Formula(_adopted("camera"), None, (REPORTS,)),
    "N692": Formula(_adopted("camera", "users"), None, (REPORTS,)),
    "N70": Formula(_adopted("portal"), None, (REPORTS,)),
    "N732": Formula(_adopted("queue"), None, (REPORTS,)),
    **{
        number: Formula(_adopted(system), _adopted(system, "out_of"), (REPORTS,))
        for number, system in _QUALITY.items()
    },
    **{
        number: Formula(Schools((_adopted(system),)), Schools(), (SCHOOLS, REPORTS))
        for number, system in _WITH.items()
    },
    "N04": Formula(_PUPILS, None, (PUPILS,)),
    "N26": Formula(_ENTERED, Sum("scores", "due"), (SCORES,), GRADED, by_term=True),
    "N28": Formula(Sum("scores", "corrected"), _ENTERED, (SCORES,), GRADED, by_term=True),
    "N50": Formula(Schools((Sum("links", "links"),)), Schools(), (SCHOOLS, GUARDIANS), lasts=True),
    "N52": Formula(Sum("messages", "delivered"), None, (MESSAGES,)),
    "N521": Formula(Sum("messages", "parts"), None, (MESSAGES,)),
    "N62": Formula(Schools((_ENABLED,)), Schools(), (SCHOOLS, CHANNELS), lasts=True),
    "N63": Formula(
        Schools((_ENABLED, Sum("receipts", "received"))),
        Schools((_ENABLED,)),
        (SCHOOLS, CHANNELS, FEES),
    ),
    "N64": Formula(_BILLED, None, (FEES,)),
    "N641": Formula(_COLLECTED, None, (FEES,)),
    "N642": Formula(
        Sum("charges", "billed", late, less=Sum("settled", "collected", late)), None, (FEES,)
    ),
    "N65": Formula(_COLLECTED, _BILLED, (FEES,)),
    "N651": Formula(Sum("settled", "collected", cashless), _COLLECTED, (FEES,)),
}

MOMENTS = {"admissions": PUPILS, "gradebook": SCORES, "payments": FEES, "notifications": MESSAGES}
"""The sources whose freshness is a number, and the stream that tells who has reported."""
