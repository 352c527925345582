"""The one-off import, with no service beside it."""

import asyncio
import json
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from admissions.registry.job import import_register
from admissions.settings import AdmissionsSettings

COMMUNES = [
    {"code": "25459", "name": "Tân Ninh", "kind": "Phường"},
    {"code": "25486", "name": "Tân Biên", "kind": "Xã"},
]
SCHOOLS = "Mã trường,Tên trường,Cấp học,Mã xã\n80001,THCS Tân Ninh,THCS,25459\n"

Output = pytest.CaptureFixture[str]


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    communes, schools = tmp_path / "communes.json", tmp_path / "schools.csv"
    communes.write_text(json.dumps(COMMUNES))
    schools.write_text(SCHOOLS)
    return [str(communes), "--schools", str(schools)]


def test_it_needs_no_kafka_and_repeats_without_effect(
    settings: AdmissionsSettings, files: list[str], capsys: Output
) -> None:
    assert import_register(settings, files) == 0
    first = "units: 3 registered, 0 unchanged\nschools: 1 registered, 0 unchanged\n"
    assert capsys.readouterr().out == first
    assert import_register(settings, files) == 0
    again = "units: 0 registered, 3 unchanged\nschools: 0 registered, 1 unchanged\n"
    assert capsys.readouterr().out == again


def test_without_a_file_it_registers_the_communes_of_tay_ninh(
    settings: AdmissionsSettings, capsys: Output
) -> None:
    assert import_register(settings, []) == 0
    assert capsys.readouterr().out == "units: 97 registered, 0 unchanged\n"


def test_a_wrong_file_says_what_is_wrong_and_writes_nothing(
    settings: AdmissionsSettings, files: list[str], tmp_path: Path, capsys: Output
) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps([{"code": "1", "name": "Tân Ninh", "kind": "Phường"}]))
    assert import_register(settings, [str(wrong)]) == 1
    assert "[0].code" in capsys.readouterr().err
    assert import_register(settings, [str(tmp_path / "absent.json")]) == 2
    (tmp_path / "schools.csv").write_text(SCHOOLS.replace("25459", "99999"))
    assert import_register(settings, files) == 1
    assert "dòng 2, cột Mã xã" in capsys.readouterr().err
    assert import_register(settings, files[:1]) == 0
    assert capsys.readouterr().out == "units: 3 registered, 0 unchanged\n"


async def test_publishing_ends_when_kafka_holds_everything(
    settings: AdmissionsSettings, files: list[str], kafka: str
) -> None:
    with_kafka = settings.model_copy(update={"kafka_bootstrap_servers": (kafka,)})
    # Run again it finds everything acknowledged and ends at once.
    for _ in range(2):
        assert await asyncio.to_thread(import_register, with_kafka, [*files, "--publish"]) == 0
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka)
    await consumer.start()
    try:
        topics = ("admissions.units.v1", "admissions.schools.v1")
        ends = await consumer.end_offsets([TopicPartition(topic, 0) for topic in topics])
    finally:
        await consumer.stop()
    assert sorted(ends.values()) == [1, 3]
