"""VietQR codes: published texts to the byte, and every code read again field by field."""

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from payments.channels.domain import TRANSFER_LIMIT, asked, checksum, vietqr
from payments.register.domain import reference_of


def read(text: str) -> dict[str, str]:
    """Read one level of tag, length, value; raises where the lengths do not fit."""
    fields: dict[str, str] = {}
    while text:
        tag, length = text[:2], int(text[2:4])
        value = text[4 : 4 + length]
        if len(value) != length or tag in fields:
            raise ValueError(tag)
        fields[tag], text = value, text[4 + length :]
    return fields


# Texts that others have published and that banking apps read.
@pytest.mark.parametrize(
    ("text", "bank", "account", "amount", "purpose"),
    [
        (
            (
                "00020101021238570010A00000072701270006970415011300110019324180208QRIBFTTA5303704540"
                "61200005802VN62170813ung ho lu lut6304C15C"
            ),
            "970415",
            "0011001932418",
            120_000,
            "ung ho lu lut",
        ),
        (
            (
                "00020101021238570010A00000072701270006970436011300110018008790208QRIBFTTA5303704540"
                "61000005802VN62130809nhan tien6304D1EF"
            ),
            "970436",
            "0011001800879",
            100_000,
            "nhan tien",
        ),
        (
            (
                "00020101021238530010A0000007270123000697041601092576788590208QRIBFTTA53037045404100"
                "05802VN62150811Chuyen tien6304BBB8"
            ),
            "970416",
            "257678859",
            1000,
            "Chuyen tien",
        ),
        (
            (
                "00020101021238560010A0000007270126000697041501121133666688880208QRIBFTTA53037045407"
                "12500005802VN62220818HP INV2026110001A163043AFF"
            ),
            "970415",
            "113366668888",
            1_250_000,
            "HP INV2026110001A1",
        ),
        (
            (
                "00020101021138540010A00000072701240006970423011000999999990208QRIBFTTA53037045802VN"
                "6304CBB4"
            ),
            "970423",
            "0099999999",
            None,
            None,
        ),
        (
            (
                "00020101021138580010A000000727012800069704070114190304136010180208QRIBFTTA530370458"
                "02VN63040283"
            ),
            "970407",
            "19030413601018",
            None,
            None,
        ),
    ],
)
def test_published_codes_are_written_to_the_byte(
    text: str, bank: str, account: str, amount: int | None, purpose: str | None
) -> None:
    assert vietqr(bank, account, amount=amount, purpose=purpose) == text


def test_a_code_names_bill_and_purpose() -> None:
    assert (
        vietqr(
            "970405", "8888001234567", amount=350_000, bill="HP2611K7F3Q2", purpose="HP2611K7F3Q2"
        )
        == "00020101021238570010A00000072701270006970405011388880012345670208QRIBFTTA5303704540635"
        "00005802VN62320112HP2611K7F3Q20812HP2611K7F3Q263041C6A"
    )
    assert (
        vietqr("970405", "8888001234567")
        == "00020101021138570010A00000072701270006970405011388880012345670208QRIBFTTA53037045802VN"
        "6304A89D"
    )


@pytest.mark.parametrize(("text", "value"), [("123456789", 0x29B1), ("00", 0x2EC9), ("01", 0x3EE8)])
def test_the_checksum_is_ccitt_false(text: str, value: int) -> None:
    assert checksum(text) == value


# Printed in NAPAS' own specification: the checksum is right over a text whose lengths are not.
def test_a_right_checksum_is_not_yet_a_code() -> None:
    text = (
        "00020101021138570010A00000072701270006970403011200110123456780208QRIBFTTA53037045802VN"
        "6304F4E5"
    )
    assert f"{checksum(text[:-4]):04X}" == text[-4:]
    with pytest.raises(ValueError, match="invalid literal"):
        read(read(read(text)["38"])["01"])


@given(
    bank=st.from_regex(r"[0-9]{6}", fullmatch=True),
    account=st.from_regex(r"[0-9A-Z]{1,19}", fullmatch=True),
    amount=st.none() | st.integers(1, TRANSFER_LIMIT),
    pupil=st.uuids().map(str),
)
def test_every_code_says_again_what_it_was_made_of(
    bank: str, account: str, amount: int | None, pupil: str
) -> None:
    reference = reference_of(pupil)
    text = vietqr(bank, account, amount=amount, bill=reference, purpose=reference)
    fields = read(text)
    assert next(iter(fields)) == "00"
    assert list(fields)[-1] == "63"
    assert f"{checksum(text[:-4]):04X}" == fields["63"]
    napas = read(fields["38"])
    assert napas["00"] == "A000000727"
    assert read(napas["01"]) == {"00": bank, "01": account}
    assert fields["01"] == ("11" if amount is None else "12")
    assert fields.get("54") == (None if amount is None else str(amount))
    assert read(fields["62"]) == {"01": reference, "08": reference}
    assert text.isascii()


def test_a_code_fits_a_symbol_that_a_telephone_reads() -> None:
    text = vietqr("970405", "8888001234567", amount=350_000, bill="HP0", purpose="HP0")
    symbol = segno.make(text, error="m", micro=False)
    assert isinstance(symbol.version, int)
    assert symbol.version <= 8


@pytest.mark.parametrize(
    ("bank", "account", "fields"),
    [
        ("97040", "1", {}),
        ("97040x", "1", {}),
        ("970405", "", {}),
        ("970405", "1" * 20, {}),
        ("970405", "1", {"amount": 0}),
        ("970405", "1", {"amount": TRANSFER_LIMIT + 1}),
        ("970405", "1", {"purpose": "Học phí"}),
        ("970405", "1", {"purpose": "x" * 26}),
        ("970405", "1", {"bill": ""}),
    ],
)
def test_what_the_standard_does_not_admit_is_not_written(
    bank: str, account: str, fields: dict[str, int | str]
) -> None:
    with pytest.raises(ValueError, match="no "):
        vietqr(bank, account, **fields)  # type: ignore[arg-type]


def test_a_code_asks_for_what_one_transfer_can_carry() -> None:
    assert [asked(owed) for owed in (0, 1, TRANSFER_LIMIT, TRANSFER_LIMIT + 1)] == [
        None,
        1,
        TRANSFER_LIMIT,
        None,
    ]
