"""``python -m chassis.rights HOST:PORT,… [FOLDER]``: lets each service do what contracts says.

For whom may do everything (``KAFKA_SASL_USERNAME`` …). FOLDER holds one file per service with the
password of its user; one that is missing is drawn. Without FOLDER no password is touched.
"""

import os
import secrets
import sys
from collections.abc import Iterable
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from chassis.kafka import Security
from chassis.settings import KafkaSettings, SettingsError, load
from chassis.topics import SECONDS, administrator
from contracts.rights import Right, rights_of
from contracts.topics import SERVICES

_ITERATIONS = 8192
_USAGE_ERROR = 2


def apply(
    bootstrap: str,
    passwords: Path | None,
    *,
    security: Security,
    services: Iterable[str] = SERVICES,
) -> list[str]:
    """Give what is missing, take what is too much, set passwords; return one line per change."""
    admin = administrator(bootstrap, security)
    changes = []
    for service in services:
        if passwords is not None:
            changes += _set_password(admin, service, passwords / service)
        wanted = {binding(service, right): right for right in rights_of(service)}
        found = set(admin.describe_acls(_everything_of(service)).result(SECONDS))
        missing, surplus = wanted.keys() - found, found - wanted.keys()
        give(admin, missing)
        take(admin, surplus)
        changes += sorted(f"{service}: may {wanted[one]}" for one in missing)
        changes += sorted(f"{service}: may no longer {_text(one)}" for one in surplus)
    return changes


def binding(service: str, right: Right) -> AclBinding:
    """Return the right as Kafka's rule."""
    return AclBinding(
        ResourceType[right.resource.upper()],
        right.name,
        ResourcePatternType.LITERAL,
        f"User:{service}",
        "*",
        AclOperation[right.operation.upper()],
        AclPermissionType.ALLOW,
    )


def give(admin: AdminClient, rules: Iterable[AclBinding]) -> None:
    """Add these rules."""
    if wanted := list(rules):
        for future in admin.create_acls(wanted, request_timeout=SECONDS).values():
            future.result(SECONDS)


def take(admin: AdminClient, rules: Iterable[AclBinding]) -> None:
    """Delete exactly these rules."""
    if unwanted := [_exactly(rule) for rule in rules]:
        for future in admin.delete_acls(unwanted, request_timeout=SECONDS).values():
            future.result(SECONDS)


def _set_password(admin: AdminClient, service: str, file: Path) -> list[str]:
    if drawn := not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(secrets.token_urlsafe(32))
    password = file.read_text("utf-8").strip().encode()
    scram = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, _ITERATIONS)
    wish = UserScramCredentialUpsertion(service, scram, password)
    for future in admin.alter_user_scram_credentials([wish]).values():
        future.result(SECONDS)
    return [f"{service}: password {'drawn' if drawn else 'set'}"]


def _everything_of(service: str) -> AclBindingFilter:
    return AclBindingFilter(
        ResourceType.ANY,
        None,  # type: ignore[arg-type] # any
        ResourcePatternType.ANY,
        f"User:{service}",
        None,  # type: ignore[arg-type] # any
        AclOperation.ANY,
        AclPermissionType.ANY,
    )


def _exactly(rule: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(
        rule.restype,
        rule.name,
        rule.resource_pattern_type,
        rule.principal,
        rule.host,
        rule.operation,
        rule.permission_type,
    )


def _text(rule: AclBinding) -> str:
    operation, kind = AclOperation(rule.operation), ResourceType(rule.restype)
    return f"{operation.name.title()} on {kind.name.lower()} {rule.name}"


def main(arguments: list[str]) -> int:
    """Give the rights at the broker that is named."""
    if len(arguments) not in {1, 2}:
        sys.stderr.write("usage: python -m chassis.rights HOST:PORT[,HOST:PORT…] [FOLDER]\n")
        return _USAGE_ERROR
    passwords = Path(arguments[1]) if len(arguments) > 1 else None
    try:
        security = load(KafkaSettings).kafka_security
        changes = apply(arguments[0], passwords, security=security)
    except (KafkaException, SettingsError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("\n".join(changes or ["every right is as contracts says"]) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
