"""`deploy/kafka/`: what the operators of Kafka are given is what contracts say."""

from pathlib import Path

import yaml

from contracts.rights import Right, rights_of
from contracts.topics import SERVICES, TOPICS
from edu.contracts_gate import access
from edu.home import ROOT

KAFKA = ROOT / "deploy" / "kafka"


def test_what_is_committed_is_what_the_contracts_say() -> None:
    assert list(access.differences(KAFKA)) == []


def test_a_file_that_was_changed_by_hand_is_found(tmp_path: Path) -> None:
    assert len(list(access.differences(tmp_path))) == 2
    assert access.write(tmp_path) == ["topics.yaml", "users.yaml"]
    assert list(access.differences(tmp_path)) == []
    users = tmp_path / "users.yaml"
    users.write_text(users.read_text("utf-8").replace("- Read\n", "- Write\n", 1), "utf-8")
    assert list(access.differences(tmp_path)) == [
        "deploy/kafka/users.yaml: is not what the contracts say: `./edu contracts kafka`"
    ]


def test_users_may_do_exactly_what_contracts_say() -> None:
    granted = {
        user["metadata"]["name"]: {
            Right(acl["resource"]["type"], acl["resource"]["name"], operation)
            for acl in user["spec"]["authorization"]["acls"]
            for operation in acl["operations"]
        }
        for user in yaml.safe_load_all((KAFKA / "users.yaml").read_text("utf-8"))
    }
    assert granted == {service: set(rights_of(service)) for service in SERVICES}


def test_every_topic_is_there_with_its_partitions_and_two_of_three_replicas() -> None:
    found = {
        topic["metadata"]["name"]: topic["spec"]
        for topic in yaml.safe_load_all((KAFKA / "topics.yaml").read_text("utf-8"))
    }
    assert {name: spec["partitions"] for name, spec in found.items()} == {
        topic.name: topic.partitions for topic in TOPICS
    }
    assert {spec["replicas"] for spec in found.values()} == {3}
    assert {spec["config"]["min.insync.replicas"] for spec in found.values()} == {"2"}
