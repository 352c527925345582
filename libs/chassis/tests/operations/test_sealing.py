"""Names open for whoever holds both keys, and for nobody once one is gone (abuse scenario A19)."""

import base64
import os
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import sealing
from chassis.sealing import MasterKeys, SealedPerson, SealError, WrappedKey

PUPIL, OTHER = "0199f0a0-0000-7000-8000-000000000001", "0199f0a0-0000-7000-8000-000000000002"
PERSON = SealedPerson(name="Nguyễn Thị Ánh", birth_date=date(2015, 2, 28))


def master() -> str:
    return base64.b64encode(os.urandom(32)).decode()


@given(name=st.text(), birth_date=st.dates(), pupil=st.text(min_size=1))
def test_what_is_sealed_opens_again(name: str, birth_date: date, pupil: str) -> None:
    person = SealedPerson(name=name, birth_date=birth_date)
    key = sealing.new_key()
    assert sealing.unseal(sealing.seal(person, key, pupil), key, pupil) == person


def test_the_name_cannot_be_seen() -> None:
    box = sealing.seal(PERSON, sealing.new_key(), PUPIL)
    assert b"Nguy" not in base64.b64decode(box)


def test_two_seals_of_one_person_differ() -> None:
    key = sealing.new_key()
    assert sealing.seal(PERSON, key, PUPIL) != sealing.seal(PERSON, key, PUPIL)


def test_another_key_or_pupil_does_not_open_it() -> None:
    key = sealing.new_key()
    box = sealing.seal(PERSON, key, PUPIL)
    with pytest.raises(SealError):
        sealing.unseal(box, sealing.new_key(), PUPIL)
    with pytest.raises(SealError):
        sealing.unseal(box, key, OTHER)


@given(position=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_a_changed_byte_does_not_open(position: int, flip: int) -> None:
    key = sealing.new_key()
    box = bytearray(base64.b64decode(sealing.seal(PERSON, key, PUPIL)))
    box[position % len(box)] ^= flip
    with pytest.raises(SealError):
        sealing.unseal(base64.b64encode(box).decode(), key, PUPIL)


@given(junk=st.one_of(st.text(), st.binary().map(lambda raw: base64.b64encode(raw).decode())))
def test_junk_is_a_seal_error_and_nothing_else(junk: str) -> None:
    keys = MasterKeys(master())
    with pytest.raises(SealError):
        sealing.unseal(junk, sealing.new_key(), PUPIL)
    with pytest.raises(SealError):
        keys.unwrap(WrappedKey(junk, keys.current_id), PUPIL)


def test_a_wrapped_key_belongs_to_its_pupil() -> None:
    keys = MasterKeys(master())
    key = sealing.new_key()
    wrapped = keys.wrap(key, PUPIL)
    assert keys.unwrap(wrapped, PUPIL) == key
    with pytest.raises(SealError):
        keys.unwrap(wrapped, OTHER)


def test_a_box_of_one_kind_is_not_one_of_the_other() -> None:
    secret = master()
    keys = MasterKeys(secret)
    box = sealing.seal(PERSON, base64.b64decode(secret), PUPIL)
    with pytest.raises(SealError):
        keys.unwrap(WrappedKey(box, keys.current_id), PUPIL)


def test_master_keys_are_renewed_without_touching_the_sealed_bytes() -> None:
    first, second = master(), master()
    key = sealing.new_key()
    box = sealing.seal(PERSON, key, PUPIL)
    old = MasterKeys(first).wrap(key, PUPIL)

    between = MasterKeys(second, older=[first])
    new = between.rewrap(old, PUPIL)
    assert between.unwrap(old, PUPIL) == key

    after = MasterKeys(second)
    assert after.open_if_complete(box, new, PUPIL) == PERSON
    with pytest.raises(SealError, match="no master key"):
        after.unwrap(old, PUPIL)


def test_record_and_key_may_come_in_either_order() -> None:
    keys = MasterKeys(master())
    key = sealing.new_key()
    box, wrapped = sealing.seal(PERSON, key, PUPIL), keys.wrap(key, PUPIL)
    assert keys.open_if_complete(box, None, PUPIL) is None
    assert keys.open_if_complete(None, wrapped, PUPIL) is None
    assert keys.open_if_complete(box, wrapped, PUPIL) == PERSON


@pytest.mark.parametrize("text", ["", "not base64!", base64.b64encode(b"short").decode()])
def test_a_bad_master_key_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="master key"):
        MasterKeys(text)


def test_a_reader_passes_over_what_it_does_not_know() -> None:
    key = sealing.new_key()
    newer = b'{"name":"A","birth_date":"2015-01-01","second_name":"B"}'
    box = sealing._encrypt(key, newer, b"person:" + PUPIL.encode())
    assert sealing.unseal(box, key, PUPIL).name == "A"


def test_a_text_opens_for_its_person_alone_and_is_no_person() -> None:
    key = sealing.new_key()
    box = sealing.seal_text("0912 345 678", key, PUPIL)
    assert sealing.unseal_text(box, key, PUPIL) == "0912 345 678"
    for wrong_key, owner in ((sealing.new_key(), PUPIL), (key, "somebody else")):
        with pytest.raises(SealError):
            sealing.unseal_text(box, wrong_key, owner)
    with pytest.raises(SealError):
        sealing.unseal(box, key, PUPIL)
