"""The verifier snippets for subscribers agree with the library that notifications sign with."""

import base64
import json
import secrets
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from edu.home import ROOT

EXAMPLES = ROOT / "docs/examples"
SAMPLE = next((ROOT / "libs/contracts/samples").glob("gradebook.score-entered.v1/whole-class.json"))
SECRET, OTHER = (f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}" for _ in range(2))
BODY = SAMPLE.read_bytes()


def signed(
    secret: str = SECRET, *, body: bytes = BODY, ago: float = 0, **changed: str
) -> dict[str, Any]:
    """Give a call as it arrives, signed by the library that the service signs with."""
    moment = int(time.time() - ago)
    stamp = datetime.fromtimestamp(moment, UTC)
    signature = Webhook(secret).sign("019a", stamp, body.decode())
    headers = {
        "webhook-id": "019a",
        "webhook-timestamp": str(moment),
        "webhook-signature": signature,
    }
    changes = {name.replace("_", "-"): value for name, value in changed.items()}
    return {"headers": headers | changes, "body": base64.b64encode(body).decode(), "secret": SECRET}


def calls() -> list[tuple[str, dict[str, Any], bool]]:
    good = signed()
    other = signed(OTHER)["headers"]["webhook-signature"]
    both = f"{other} {good['headers']['webhook-signature']}"
    unsigned = {name: value for name, value in good["headers"].items() if "signature" not in name}
    louder = {name.title(): value for name, value in good["headers"].items()}
    return [
        ("a good one", good, True),
        ("a body with Vietnamese letters", signed(body="Đạt".encode()), True),
        ("an empty body", signed(body=b""), True),
        ("two secrets sign", signed(webhook_signature=both), True),
        ("headers in other letters", good | {"headers": louder}, True),
        ("clocks that differ a little", signed(ago=250), True),
        ("clocks that differ the other way", signed(ago=-250), True),
        ("another secret", signed(OTHER), False),
        ("another body", good | {"body": base64.b64encode(BODY + b" ").decode()}, False),
        ("another id", signed(webhook_id="019b"), False),
        ("another moment", signed(webhook_timestamp=str(int(time.time()) + 1)), False),
        ("an old call sent again", signed(ago=400), False),
        ("a call from the future", signed(ago=-400), False),
        ("no moment", signed(webhook_timestamp=""), False),
        ("a moment that is no number", signed(webhook_timestamp="1e9"), False),
        ("a moment in other digits", signed(webhook_timestamp="١٢٣"), False),
        ("no signature", good | {"headers": unsigned}, False),
        ("an empty signature", signed(webhook_signature=""), False),
        ("another version", signed(webhook_signature=both.replace("v1,", "v2,")), False),
    ]


PYTHON = """
import base64, json, sys
sys.path.insert(0, sys.argv[1])
from verify_webhook import verify
calls = json.load(sys.stdin)
print(json.dumps([verify(c["secret"], c["headers"], base64.b64decode(c["body"])) for c in calls]))
"""
JAVASCRIPT = """
const { verify } = require(process.argv[2] + "/verify_webhook.js");
const calls = JSON.parse(require("fs").readFileSync(0, "utf8"));
const judged = calls.map((c) => verify(c.secret, c.headers, Buffer.from(c.body, "base64")));
console.log(JSON.stringify(judged));
"""
PHP = """<?php
require $argv[1] . "/verify_webhook.php";
$calls = json_decode(stream_get_contents(STDIN), true);
$judge = fn($c) => verify($c["secret"], $c["headers"], base64_decode($c["body"]));
echo json_encode(array_map($judge, $calls));
"""
RUNS = {
    "py": (sys.executable, PYTHON),
    "cjs": ("node", JAVASCRIPT),
    "php": ("php", PHP),
}


@pytest.mark.parametrize("language", RUNS)
def test_a_verifier_takes_what_was_signed_and_nothing_else(language: str, tmp_path: Path) -> None:
    interpreter, program = RUNS[language]
    if shutil.which(interpreter) is None:
        pytest.skip(f"not run: no {interpreter} here")
    script = tmp_path / f"run.{language}"
    script.write_text(program, "utf-8")
    asked = calls()
    done = subprocess.run(
        [interpreter, script, EXAMPLES],
        input=json.dumps([call for _, call, _ in asked]),
        capture_output=True,
        text=True,
        check=True,
    )
    assert dict(zip([name for name, *_ in asked], json.loads(done.stdout), strict=True)) == {
        name: wanted for name, _, wanted in asked
    }
