"""A client that leaves Kafka waits for nobody's goodbye."""

import ssl
from pathlib import Path

from chassis.kafka import Security
from edu.embedded.secured import certificate


def test_closing_ends_although_the_broker_does_not_answer(tmp_path: Path) -> None:
    ca_file, keystore = certificate(tmp_path)
    tls = Security("SSL", ca_file=str(ca_file)).tls
    assert tls is not None
    to_client, to_broker = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = tls.wrap_bio(to_client, to_broker, server_hostname="127.0.0.1")
    listening = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    listening.load_cert_chain(keystore)
    broker = listening.wrap_bio(to_broker, to_client, server_side=True)
    _shake_hands(client, broker)
    broker.write(b"an answer that the client has not read")
    while to_client.pending:
        client.read()

    client.unwrap()  # asyncio takes SSLWantReadError for "not yet", and waits

    assert broker.read() == b""  # it was told all the same


def _shake_hands(*sides: ssl.SSLObject) -> None:
    waiting = list(sides)
    while waiting:
        side = waiting.pop(0)
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            waiting.append(side)
