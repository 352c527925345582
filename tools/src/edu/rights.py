"""`./edu rights apply`: lets each service do in Kafka what contracts says, and nothing else."""

from __future__ import annotations

import argparse
from pathlib import Path

from confluent_kafka import KafkaException

from chassis import rights
from chassis.settings import KafkaSettings, SettingsError, load
from edu.failure import Failure
from edu.topics import given_or_running


def main(arguments: list[str]) -> int:
    """Give the rights at the broker that is given, for whom KAFKA_SASL_USERNAME may do it."""
    parser = argparse.ArgumentParser(prog="./edu rights", description=__doc__)
    parser.add_argument("action", choices=["apply"])
    help_text = "one file per service with its user's password; drawn where missing"
    parser.add_argument("--passwords", type=Path, metavar="FOLDER", help=help_text)
    options = parser.parse_args(arguments)
    try:
        security = load(KafkaSettings).kafka_security
        changes = rights.apply(given_or_running(), options.passwords, security=security)
    except (KafkaException, SettingsError) as error:
        raise Failure(str(error)) from error
    print("\n".join(changes or ["every right is as contracts says"]))
    return 0
