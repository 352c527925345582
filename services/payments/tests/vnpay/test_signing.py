"""What VNPAY signs: vectors, and every way in which somebody may bend a query."""

from urllib.parse import parse_qsl, quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.vnpay.signing import canonical, is_signed, read, signature, signed_query

SECRET = b"TESTSECRETTESTSECRETTESTSECRET01"
PAID = (
    "vnp_Amount=35000000&vnp_BankCode=NCB&vnp_BankTranNo=VNP14226112&vnp_CardType=ATM"
    "&vnp_OrderInfo=Hoc+phi+HP2611K7F3Q2&vnp_PayDate=20261105093012&vnp_ResponseCode=00"
    "&vnp_TmnCode=SOGDTN01&vnp_TransactionNo=14226112&vnp_TransactionStatus=00"
    "&vnp_TxnRef=HP2611K7F3Q2"
)
PAID_SIGNATURE = (
    "97646901b14ca57651ee8592993de0e685995154448ee6641ab334dbc8479de2"
    "f1ee530e8bab6c29dbff501c244d6b10fcde57dc5b0c763710f8db192f85200f"
)
OTHER_SECRET = b"TESTSECRET0123456789ABCDEFGHIJKL"
OTHERS = {
    "paid": (
        (
            "vnp_Amount=125000000&vnp_BankCode=NCB&vnp_BankTranNo=VNP14226112&vnp_CardType=ATM"
            "&vnp_OrderInfo=Thu+tien+ban+tru+T11+HS+0123+lop+6A1&vnp_PayDate=20261121153333"
            "&vnp_ResponseCode=00&vnp_TmnCode=TESTEDU1&vnp_TransactionNo=14226112"
            "&vnp_TransactionStatus=00&vnp_TxnRef=INV2026110001A1"
        ),
        (
            "1abd620b8a537c05b5a90313648da920896b3e7720c2ffacbe6037a98fe25b82"
            "8b997157fcba87cf870ff3680c01f1ee33758cf5314344d96e4ddc71f9136bb6"
        ),
    ),
    "cancelled": (
        (
            "vnp_Amount=125000000&vnp_BankCode=NCB&vnp_CardType=ATM"
            "&vnp_OrderInfo=Thu+tien+ban+tru+T11+HS+0123+lop+6A1&vnp_PayDate=20261121153333"
            "&vnp_ResponseCode=24&vnp_TmnCode=TESTEDU1&vnp_TransactionNo=0"
            "&vnp_TransactionStatus=02&vnp_TxnRef=INV2026110001A1"
        ),
        (
            "2981c88bdc4e298c83e73bf322582d667564f16eaeb6a264d7d9e0b031f1f7a8"
            "4511d4ca757b949b994377d58a94be7f2e13ae1862bbae5ec5967043845ce804"
        ),
    ),
    "payment page": (
        (
            "vnp_Amount=125000000&vnp_Command=pay&vnp_CreateDate=20261121152000&vnp_CurrCode=VND"
            "&vnp_ExpireDate=20261121153500&vnp_IpAddr=127.0.0.1&vnp_Locale=vn"
            "&vnp_OrderInfo=Thu+tien+ban+tru+T11+HS+0123+lop+6A1&vnp_OrderType=other"
            "&vnp_ReturnUrl=https%3A%2F%2Fpay.example.edu.vn%2Fvnpay%2Freturn&vnp_TmnCode=TESTEDU1"
            "&vnp_TxnRef=INV2026110001A1&vnp_Version=2.1.0"
        ),
        (
            "169e0fd21dc23d8bbc31d751a52029b4123cad54042297b00b255b585bc35f05"
            "cafd87c885420dd0fbb08581ba650c758aaab8e0c82e51d1c2b189ca4cdd8b0c"
        ),
    ),
}


def accepted(query: str, secret: bytes = SECRET) -> bool:
    found = read(query)
    return found is not None and is_signed(found, secret)


def test_the_vector_is_verified() -> None:
    assert accepted(f"{PAID}&vnp_SecureHash={PAID_SIGNATURE}")
    assert signature(dict(parse_qsl(PAID)), SECRET) == PAID_SIGNATURE


@pytest.mark.parametrize("name", OTHERS)
def test_further_vectors(name: str) -> None:
    query, expected = OTHERS[name]
    values = dict(parse_qsl(query))
    assert canonical(values) == query
    assert signature(values, OTHER_SECRET) == expected
    assert accepted(signed_query(values, OTHER_SECRET), OTHER_SECRET)
    assert not accepted(signed_query(values, OTHER_SECRET))


def test_order_case_and_what_is_not_signed_do_not_matter() -> None:
    pairs = PAID.split("&")
    assert accepted("&".join([f"vnp_SecureHash={PAID_SIGNATURE}", *reversed(pairs)]))
    assert accepted(f"{PAID}&vnp_SecureHash={PAID_SIGNATURE.upper()}")
    assert accepted(f"{PAID}&vnp_SecureHash={PAID_SIGNATURE}&vnp_SecureHashType=HMACSHA512")
    assert accepted(f"{PAID}&vnp_Empty=&vnp_SecureHash={PAID_SIGNATURE}&utm_source=mail")


@pytest.mark.parametrize(
    "query",
    [
        PAID,
        f"{PAID}&vnp_SecureHash=",
        f"{PAID}&vnp_SecureHash={PAID_SIGNATURE[:-1]}0",
        f"{PAID}&vnp_SecureHash={PAID_SIGNATURE[:-1]}",
        f"{PAID}&vnp_SecureHash=%C4%91%FF{PAID_SIGNATURE}",
        f"{PAID}&vnp_Added=1&vnp_SecureHash={PAID_SIGNATURE}",
        f"{PAID.replace('35000000', '3500000')}&vnp_SecureHash={PAID_SIGNATURE}",
        f"{PAID}&vnp_Amount=35000000&vnp_SecureHash={PAID_SIGNATURE}",
        f"{PAID}&vnp%5FAmount=1&vnp_SecureHash={PAID_SIGNATURE}",
        f"{PAID}&vnp_SecureHash={PAID_SIGNATURE}&vnp_SecureHash={PAID_SIGNATURE}",
        f"{PAID}&vnp_SecureHash={PAID_SIGNATURE}&x={'y' * 5000}",
        "",
        "&&&",
    ],
)
def test_whatever_is_bent_is_refused(query: str) -> None:
    assert not accepted(query)


ENCODINGS = {
    "Python": lambda text: quote(text, safe="").replace("%20", "+"),
    "browsers": lambda text: quote(text, safe="*").replace("~", "%7E").replace("%20", "+"),
    "JavaScript": lambda text: quote(text, safe="~*()'!").replace("%20", "+"),
    "lower case": lambda text: quote(text, safe="").replace("%2A", "%2a").replace("%20", "+"),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_sender_may_encode_in_its_own_way(name: str) -> None:
    text = "Học phí (kỳ 1) ~ 50% *HS* An's!"
    query = f"vnp_OrderInfo={ENCODINGS[name](text)}&vnp_TmnCode=SOGDTN01"
    as_sent = read(query)
    assert as_sent is not None
    assert as_sent.values["vnp_OrderInfo"] == text
    import hmac  # noqa: PLC0415 - the naive signature of the sender

    signed = hmac.new(SECRET, query.encode(), "sha512").hexdigest()
    assert accepted(f"{query}&vnp_SecureHash={signed}")


NAMES = st.from_regex(r"vnp_[A-Za-z]{1,12}", fullmatch=True).filter(
    lambda name: not name.startswith("vnp_SecureHash")
)


@given(st.dictionaries(NAMES, st.text(st.characters(codec="utf-8"), max_size=20), max_size=8))
def test_what_we_sign_we_accept_however_it_is_encoded_on_the_way(values: dict[str, str]) -> None:
    query = signed_query(values, SECRET)
    assert accepted(query)
    assert accepted(urlencode(dict(parse_qsl(query))))


@given(st.text(max_size=300))
def test_no_text_makes_reading_raise(query: str) -> None:
    assert not accepted(query)
