"""The cashless channels of a school: the bank account behind a QR code, the gateway's terminal."""
