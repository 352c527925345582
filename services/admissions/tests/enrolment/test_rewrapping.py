"""A new master key: every pupil's key is wrapped anew, and everybody who copied it hears of it."""

import asyncio
import base64
from typing import Any

import pytest
from pydantic import SecretStr

from admissions.app import SERVICE
from admissions.settings import AdmissionsSettings
from chassis.sealing import MasterKeys, WrappedKey

PUPILS = (
    "Mã định danh;Họ và tên;Ngày sinh;Giới tính;Dân tộc;Khối;Mã trường;Học hòa nhập\n"
    "080215000001;Nguyễn Thị An;05/09/2015;Nữ;Kinh;6;80001;Không\n"
    "080215000002;Trần Bình;2015-01-31;nam;Khơ-me;Lớp 6;80001;x\n"
)
KEYS = "SELECT pupil_id::text, version, wrapped_key, key_id FROM subject_key ORDER BY 1"
NEW = base64.b64encode(bytes(31) + b"1").decode()


@pytest.fixture
async def enrolled(api: Any, school: Any) -> Any:
    params = {"school_year": "2026-2027", "day": "2026-09-05"}
    await api.post("/enrolments/import", content=PUPILS.encode(), params=params)
    return school


async def rewrap(settings: AdmissionsSettings, *older: SecretStr) -> int:
    renewed = settings.model_copy(update={"master_key": SecretStr(NEW), "older_master_keys": older})
    return await asyncio.to_thread(SERVICE.jobs["rewrap-keys"], renewed, [])


@pytest.mark.usefixtures("enrolled")
async def test_every_key_is_wrapped_anew_once_and_emitted(
    api: Any, settings: AdmissionsSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    old = settings.master_keys()
    before = {row.pupil_id: row for row in await api.rows(KEYS)}
    count = len(await api.outbox())
    assert await rewrap(settings, settings.master_key) == 0
    emitted = (await api.outbox())[count:]
    assert len(emitted) == len(before) == 2
    for key in emitted:
        pupil_id, was = key.data["pupil_id"], before[key.data["pupil_id"]]
        assert key.data["version"] == was.version + 1
        wrapped = WrappedKey(key.data["wrapped_key"], key.data["key_id"])
        same = old.unwrap(WrappedKey(was.wrapped_key, was.key_id), pupil_id)
        assert MasterKeys(NEW).unwrap(wrapped, pupil_id) == same
    stored = await api.rows(KEYS)
    assert sorted(row._asdict().items() for row in stored) == sorted(
        key.data.items() for key in emitted
    )
    assert await rewrap(settings) == 0
    assert len(await api.outbox()) == count + 2
    assert "2 keys wrapped anew" in capsys.readouterr().out


@pytest.mark.usefixtures("enrolled")
async def test_without_the_old_master_key_nothing_changes_and_it_is_named(
    api: Any, settings: AdmissionsSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    before = await api.rows(KEYS)
    assert await rewrap(settings) == 1
    assert "ADMISSIONS_OLDER_MASTER_KEYS" in capsys.readouterr().err
    assert await api.rows(KEYS) == before


def test_an_older_key_that_is_none_is_refused(settings: AdmissionsSettings) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        AdmissionsSettings.model_validate(
            settings.model_dump() | {"older_master_keys": ("c2hvcnQ=",)}
        )
