"""Every topic, declared once: who writes it, who reads it, its key, partitions and retention.

Provisioning, access rights, subscriptions and the AsyncAPI documents are derived from this page.
The number of partitions, the key and the compaction of a topic may never change under its name,
because each of them decides what order and what content a reader can count on.
"""

from dataclasses import dataclass
from functools import lru_cache
from struct import unpack_from

_DAY_MS = 24 * 60 * 60 * 1000

TOMBSTONE_DAYS = 400
"""How long a tombstone stays: longer than any consumer may be away, so that none misses one."""

COMPACTION_DAYS = 1
"""How long a segment, and then a replaced value, may wait: an erasure is done in twice that.

Kafka never cleans the segment that it is writing, so it holds only where more records follow; the
owner's relay sends some that say nothing (``chassis.relay.filler``).
"""


@dataclass(frozen=True, slots=True)
class Topic:
    """One stream of one kind of aggregate, ``<domain>.<stream>.v<major>``."""

    name: str
    key: str
    """The data field that is the Kafka key: order holds within one of its values."""
    owner: str | None
    """The only service that writes it; ``None`` where every service does."""
    partitions: int
    retention_days: int | None
    """``None`` keeps records for ever."""
    compacted: bool
    description: str

    @property
    def domain(self) -> str:
        """The first part of the name, which is also that of its events' types."""
        return self.name.partition(".")[0]

    @property
    def erases(self) -> bool:
        """Whether a tombstone here erases a person, so that the disk has to forget in time."""
        return self.compacted and self.domain == "privacy"

    def config(self) -> dict[str, str]:
        """Give the topic's configuration for Kafka.

        ``LogAppendTime``: with a producer's timestamps Kafka deletes an old record within
        seconds and refuses one from a clock that runs ahead.
        """
        config = {
            "message.timestamp.type": "LogAppendTime",
            "compression.type": "zstd",
            "retention.bytes": "-1",
        }
        if self.compacted:
            return config | {
                "cleanup.policy": "compact",
                "delete.retention.ms": str(TOMBSTONE_DAYS * _DAY_MS),
                "segment.ms": str(COMPACTION_DAYS * _DAY_MS),
                "max.compaction.lag.ms": str(COMPACTION_DAYS * _DAY_MS),
                "min.cleanable.dirty.ratio": "0.1",
            }
        days = self.retention_days
        return config | {
            "cleanup.policy": "delete",
            "retention.ms": "-1" if days is None else str(days * _DAY_MS),
        }


UNITS = Topic(
    name="admissions.units.v1",
    key="unit_id",
    owner="admissions",
    partitions=1,
    retention_days=None,
    compacted=False,
    description="The province and its communes as an effective-dated tree.",
)
SCHOOLS = Topic(
    name="admissions.schools.v1",
    key="school_id",
    owner="admissions",
    partitions=1,
    retention_days=None,
    compacted=False,
    description="The register of schools: levels, ownership, commune, open or closed.",
)
SCHOOL_YEARS = Topic(
    name="admissions.school-years.v1",
    key="school_year",
    owner="admissions",
    partitions=1,
    retention_days=None,
    compacted=False,
    description="School years with their terms and holidays.",
)
ENROLMENT = Topic(
    name="admissions.enrolment.v1",
    key="pupil_id",
    owner="admissions",
    partitions=6,
    retention_days=None,
    compacted=False,
    description="Who studies where: enrolments, transfers, withdrawals.",
)
SUBJECT_KEYS = Topic(
    name="privacy.subject-keys.v1",
    key="pupil_id",
    owner="admissions",
    partitions=6,
    retention_days=None,
    compacted=True,
    description="The wrapped key of each person's sealed data; a tombstone erases the person.",
)
APPLICATIONS = Topic(
    name="admissions.applications.v1",
    key="application_id",
    owner="admissions",
    partitions=6,
    retention_days=None,
    compacted=False,
    description="Applications for admission, where they led, and requests for a place.",
)
QUOTAS = Topic(
    name="admissions.quotas.v1",
    key="school_id",
    owner="admissions",
    partitions=1,
    retention_days=None,
    compacted=False,
    description="How many pupils each school takes, and its cut scores.",
)
REPORTS = Topic(
    name="admissions.reports.v1",
    key="place_id",
    owner="admissions",
    partitions=1,
    retention_days=None,
    compacted=False,
    description="What other systems own, as reported: adoption, staff, population.",
)
CLASSES = Topic(
    name="gradebook.classes.v1",
    key="school_id",
    owner="gradebook",
    partitions=6,
    retention_days=None,
    compacted=False,
    description="Classes, the pupils placed in them, and who teaches what.",
)
SCORES = Topic(
    name="gradebook.scores.v1",
    key="school_id",
    owner="gradebook",
    partitions=6,
    retention_days=400,
    compacted=False,
    description="Score sheets opened and every save of scores, with the values before and after.",
)
ATTENDANCE = Topic(
    name="gradebook.attendance.v1",
    key="school_id",
    owner="gradebook",
    partitions=6,
    retention_days=400,
    compacted=False,
    description="Roll-calls of classes, and how many sessions pupils have missed.",
)
RESULTS = Topic(
    name="gradebook.results.v1",
    key="school_id",
    owner="gradebook",
    partitions=6,
    retention_days=None,
    compacted=False,
    description="Averages, results, conduct, titles, promotion, completion, closed books.",
)
TRANSCRIPTS = Topic(
    name="gradebook.transcripts.v1",
    key="school_id",
    owner="gradebook",
    partitions=6,
    retention_days=None,
    compacted=False,
    description="Digital transcripts on their way from the school to the ministry.",
)
CHECKPOINTS = Topic(
    name="gradebook.checkpoints.v1",
    key="log",
    owner="gradebook",
    partitions=1,
    retention_days=None,
    compacted=False,
    description="Signed roots of the chain over the history of scores, for the witness to keep.",
)
FEES = Topic(
    name="payments.fees.v1",
    key="school_id",
    owner="payments",
    partitions=6,
    retention_days=400,
    compacted=False,
    description="What was assessed, what was paid and what was taken back, line by line.",
)
PAYMENT_CHANNELS = Topic(
    name="payments.channels.v1",
    key="school_id",
    owner="payments",
    partitions=1,
    retention_days=None,
    compacted=False,
    description="The cashless channels through which each school takes money.",
)
GUARDIANS = Topic(
    name="notifications.guardians.v1",
    key="pupil_id",
    owner="notifications",
    partitions=6,
    retention_days=None,
    compacted=False,
    description="Whose guardian somebody is, with the pupil's school before and after.",
)
MESSAGES = Topic(
    name="notifications.messages.v1",
    key="school_id",
    owner="notifications",
    partitions=6,
    retention_days=400,
    compacted=False,
    description="What became of the messages about each school's pupils, and what they cost.",
)
WATERMARKS = Topic(
    name="relay.watermarks.v1",
    key="source",
    owner=None,
    partitions=1,
    retention_days=None,
    compacted=True,
    description="Up to when, and up to which sequence, each service's facts are all in Kafka.",
)
INDICATORS = Topic(
    name="ioc.indicators.v1",
    key="cell",
    owner="ioc-aggregator",
    partitions=6,
    retention_days=None,
    compacted=True,
    description="The statistics of IOC-EDU: the latest value of every number.",
)
PERIODS = Topic(
    name="ioc.periods.v1",
    key="day",
    owner="ioc-aggregator",
    partitions=1,
    retention_days=None,
    compacted=False,
    description="Where in the streams each business day ended, and the periods closed with it.",
)

TOPICS = (
    UNITS,
    SCHOOLS,
    SCHOOL_YEARS,
    ENROLMENT,
    SUBJECT_KEYS,
    APPLICATIONS,
    QUOTAS,
    REPORTS,
    CLASSES,
    SCORES,
    ATTENDANCE,
    RESULTS,
    TRANSCRIPTS,
    CHECKPOINTS,
    FEES,
    PAYMENT_CHANNELS,
    GUARDIANS,
    MESSAGES,
    WATERMARKS,
    INDICATORS,
    PERIODS,
)

SERVICES = ("admissions", "gradebook", "payments", "notifications", "ioc-aggregator")

OWNERS: dict[str, tuple[Topic, ...]] = {
    service: tuple(topic for topic in TOPICS if topic.owner in (service, None))
    for service in SERVICES
}
"""What each service may write: its own topics and the shared ones."""

CONSUMERS: dict[str, tuple[Topic, ...]] = {
    "admissions": (),
    "gradebook": (SCHOOLS, SCHOOL_YEARS, ENROLMENT, SUBJECT_KEYS, GUARDIANS),
    "payments": (SCHOOLS, SCHOOL_YEARS, ENROLMENT, SUBJECT_KEYS, CLASSES, GUARDIANS),
    # Its own, too: whoever subscribes to webhooks gets the documents as they stand in Kafka.
    "notifications": (
        UNITS,
        SCHOOLS,
        SCHOOL_YEARS,
        ENROLMENT,
        SUBJECT_KEYS,
        CLASSES,
        SCORES,
        ATTENDANCE,
        FEES,
        PAYMENT_CHANNELS,
        GUARDIANS,
        MESSAGES,
    ),
    "ioc-aggregator": (
        UNITS,
        SCHOOLS,
        SCHOOL_YEARS,
        ENROLMENT,
        APPLICATIONS,
        QUOTAS,
        REPORTS,
        CLASSES,
        SCORES,
        ATTENDANCE,
        RESULTS,
        TRANSCRIPTS,
        # Counted by nobody: it is the witness that keeps them.
        CHECKPOINTS,
        FEES,
        PAYMENT_CHANNELS,
        GUARDIANS,
        MESSAGES,
        WATERMARKS,
        # Its own, too: a database that was lost learns from it where the days ended.
        PERIODS,
    ),
}
"""What each service reads. The aggregator keeps no person: the keys' topic is not for it."""


def consumers_of(topic: Topic) -> tuple[str, ...]:
    """Give the services that read ``topic``."""
    return tuple(service for service, topics in CONSUMERS.items() if topic in topics)


_MASK = 0xFFFFFFFF
_MULTIPLIER = 0x5BD1E995
_SEED = 0x9747B28C


def _murmur2(key: bytes) -> int:
    """Hash as ``org.apache.kafka.common.utils.Utils.murmur2`` does."""
    value = (_SEED ^ len(key)) & _MASK
    words = len(key) // 4
    for word in unpack_from(f"<{words}I", key):
        mixed = word * _MULTIPLIER & _MASK
        value = value * _MULTIPLIER & _MASK ^ (mixed ^ mixed >> 24) * _MULTIPLIER & _MASK
    if rest := key[words * 4 :]:
        value = (value ^ int.from_bytes(rest, "little")) * _MULTIPLIER & _MASK
    value = (value ^ value >> 13) * _MULTIPLIER & _MASK
    return value ^ value >> 15


@lru_cache(maxsize=2**15)
def partition_for(key: str, partitions: int) -> int:
    """Give the partition that every Kafka client's default partitioner gives ``key``.

    The same keys come again and again: a school's id, a number of the feed.
    """
    return (_murmur2(key.encode()) & 0x7FFFFFFF) % partitions
