"""A broker that asks everybody who they are and lets nobody do what no rule allows: as production.

TLS with a certificate of its own, SCRAM users, and Kafka's own authorizer. One super user, who
makes topics, users and rules.
"""

from __future__ import annotations

import ipaddress
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from chassis.clock import now
from chassis.kafka import MECHANISM, Security
from edu.embedded import artifacts
from edu.embedded.kafka import Java, Kafka
from edu.home import Home, write_private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADMIN = "admin"
_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"
_PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
_LIFETIME = timedelta(days=30)


@dataclass(frozen=True)
class Secured:
    """A running broker, and how to speak to it."""

    bootstrap: str
    ca_file: Path
    admin: Security

    def security(self, username: str, password: str) -> Security:
        """Return what a client with this name and password is made with."""
        return Security("SASL_SSL", username, password, str(self.ca_file))


@contextmanager
def secured(home: Home) -> Iterator[Secured]:
    """Run such a broker in the home, which the caller owns."""
    password = home.secret("kafka-admin")
    ca_file, keystore = certificate(home.folder)
    admin = Security("SASL_SSL", ADMIN, password, str(ca_file))
    broker = Kafka(
        Java(artifacts.fetch(artifacts.locked("kafka"), home.cache), home.cache),
        home.folder / "kafka",
        home.logs / "kafka.log",
        settings=_settings(password, keystore, ca_file),
        format_options=("--add-scram", f"{MECHANISM}=[name={ADMIN},password={password}]"),
        client=admin.confluent(),
    )
    try:
        broker.start()
        broker.wait_ready()
        yield Secured(broker.bootstrap, ca_file, admin)
    finally:
        broker.stop()


def _settings(password: str, keystore: Path, ca_file: Path) -> dict[str, str]:
    scram = f'{_SCRAM} required username="{ADMIN}" password="{password}";'
    plain = f'{_PLAIN} required username="{ADMIN}" password="{password}" user_{ADMIN}="{password}";'
    return {
        "listeners": "CLIENTS://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": "CLIENTS://127.0.0.1:{port}",
        "listener.security.protocol.map": "CLIENTS:SASL_SSL,CONTROLLER:SASL_PLAINTEXT",
        "inter.broker.listener.name": "CLIENTS",
        "sasl.enabled.mechanisms": MECHANISM,
        "sasl.mechanism.inter.broker.protocol": MECHANISM,
        "sasl.mechanism.controller.protocol": "PLAIN",
        "listener.name.clients.scram-sha-512.sasl.jaas.config": scram,
        "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.controller.plain.sasl.jaas.config": plain,
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(keystore),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(ca_file),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:{ADMIN}",
        "allow.everyone.if.no.acl.found": "false",
    }


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate that vouches for itself; return it, and it with its key for the broker."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "edu embedded broker")])
    host = x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + _LIFETIME)
        .add_extension(x509.SubjectAlternativeName([host]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = certificate.public_bytes(Encoding.PEM).decode()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    ca_file, keystore = folder / "kafka-ca.pem", folder / "kafka-key.pem"
    write_private(ca_file, public)
    write_private(keystore, private + public)
    return ca_file, keystore
