"""Families of what schools decide: attendance, results, transcripts, admission."""

from contracts.applications import (
    AdmissionDecided,
    ApplicationSubmitted,
    CutScorePublished,
    EnrolmentConfirmed,
    EnrolmentRequested,
    IdentityVerified,
    QuotaSet,
)
from contracts.attendance import AbsencesCounted, AttendanceMarked
from contracts.results import (
    CompletionConfirmed,
    ConductDecided,
    GradebookLocked,
    PrimaryResultDecided,
    PromotionDecided,
    RetestRequired,
    SubjectAveragesComputed,
    TermResultDecided,
    TitleAwarded,
)
from contracts.transcripts import TranscriptIssued
from ioc_aggregator.measures.cells import Family

ATTENDANCE = Family(
    name="attendance",
    dims=("school", "school_year", "day"),
    columns=("due", "absent", "unexcused", "late"),
    events=(AttendanceMarked,),
)
"""Pupil sessions due, and how many of them were missed, missed without leave, or begun late."""

ABSENTEES = Family(
    name="absentees",
    dims=("school", "school_year", "grade"),
    columns=("from_30", "over_45"),
    events=(AbsencesCounted,),
)
"""Pupils who missed 30 sessions or more of the year, and more than 45."""

AVERAGES = Family(
    name="averages",
    dims=("school", "school_year", "grade", "subject", "term", "band"),
    columns=("pupils",),
    events=(SubjectAveragesComputed,),
)
"""Averages of a subject by half points: band 6.5 counts 6.5 ≤ average < 7.0."""

RESULTS = Family(
    name="results",
    dims=("school", "school_year", "grade", "term", "sex", "ethnic_minority", "result"),
    columns=("pupils", "adjusted"),
    events=(TermResultDecided,),
)
"""Study results, and those that Art. 9(3) raised."""

DECISIONS = Family(
    name="decisions",
    dims=("school", "school_year", "grade", "term", "decision", "outcome"),
    columns=("pupils",),
    events=(
        ConductDecided,
        TitleAwarded,
        PrimaryResultDecided,
        PromotionDecided,
        CompletionConfirmed,
    ),
)
"""Pupils by what was decided about them: conduct, title, primary result, promotion, completion.
All but conduct are of the whole year (term CN)."""

RETESTS = Family(
    name="retests",
    dims=("school", "school_year", "grade", "subject"),
    columns=("pupils",),
    events=(RetestRequired,),
)
"""Pupils who have to sit a subject again in the summer."""

COMPLETERS = Family(
    name="completers",
    dims=("school", "school_year", "grade"),
    columns=("pupils",),
    events=(CompletionConfirmed,),
)
"""Who completed a level, under the school year after it: those who should enter the next level."""

BOOKS = Family(
    name="books",
    dims=("school", "school_year", "grade", "subject", "term", "due_on"),
    columns=("books", "locked"),
    events=(GradebookLocked,),
)
"""Score books by their deadline, and those that are locked."""

TRANSCRIPTS = Family(
    name="transcripts",
    dims=("school", "school_year", "grade", "stage"),
    columns=("transcripts",),
    events=(TranscriptIssued,),
)
"""Transcripts by the stage that they are at."""

REJECTIONS = Family(
    name="rejections",
    dims=("school", "school_year", "reason"),
    columns=("rejections",),
    events=(TranscriptIssued,),
)
"""How often a transcript was sent back (never taken back)."""

APPLICATIONS = Family(
    name="applications",
    dims=("school", "school_year", "preference", "status"),
    columns=("applications",),
    events=(ApplicationSubmitted,),
)
"""Applications at each school that they name, by the rank of the choice."""

PLACEMENTS = Family(
    name="placements",
    dims=("school", "school_year", "preference"),
    columns=("applicants",),
    events=(AdmissionDecided,),
)
"""Applicants by the school that they come from and the choice they were placed at, or ``none``."""

SEATS = Family(
    name="seats",
    dims=("school", "school_year", "grade"),
    columns=("quota", "confirmed"),
    events=(QuotaSet, EnrolmentConfirmed),
)
"""Places of a grade, and how many of them were taken."""

CUT_SCORES = Family(
    name="cut_scores",
    dims=("school", "school_year", "preference"),
    columns=("points", "scores"),
    events=(CutScorePublished,),
)
"""Cut scores in hundredths, and how many there are."""

REQUESTS = Family(
    name="requests",
    dims=("school", "school_year", "grade", "zone"),
    columns=("requests",),
    events=(EnrolmentRequested,),
)
"""Requests for a place in preschool, grade 1 and 6, in the school's zone or out of it."""

IDENTITIES = Family(
    name="identities",
    dims=("school", "school_year"),
    columns=("pupils",),
    lasting=True,
    events=(IdentityVerified,),
)
"""Pupils whose personal id is verified."""

ALL = (
    ATTENDANCE,
    ABSENTEES,
    AVERAGES,
    RESULTS,
    DECISIONS,
    RETESTS,
    COMPLETERS,
    BOOKS,
    TRANSCRIPTS,
    REJECTIONS,
    APPLICATIONS,
    PLACEMENTS,
    SEATS,
    CUT_SCORES,
    REQUESTS,
    IDENTITIES,
)
