"""The document says what the routes do, and its page needs nobody else's server."""

import re
from typing import Any

import httpx
import pytest


@pytest.fixture
async def document(refusing: httpx.AsyncClient) -> dict[str, Any]:
    document: dict[str, Any] = (await refusing.get("/openapi.json")).json()
    return document


def test_a_command_documents_its_whole_life(document: dict[str, Any]) -> None:
    command = document["paths"]["/v1/notes"]["post"]
    assert [parameter["name"] for parameter in command["parameters"]] == ["Idempotency-Key"]
    assert command["security"] == [{"token": []}]
    assert command["responses"].keys() == {
        *("201", "400", "401", "403", "404", "408", "409", "413", "415", "422", "500", "503")
    }
    content = command["responses"]["409"]["content"]
    assert content.keys() == {"application/problem+json"}


def test_a_query_needs_a_token_and_no_key(document: dict[str, Any]) -> None:
    query = document["paths"]["/v1/notes"]["get"]
    assert query["security"] == [{"token": []}]
    assert "parameters" not in query
    assert "409" not in query["responses"]


def test_a_public_route_says_so(document: dict[str, Any]) -> None:
    query = document["paths"]["/v1/memory/free"]["get"]
    assert "security" not in query
    assert "401" not in query["responses"]


def test_only_schemas_in_use_are_described(document: dict[str, Any]) -> None:
    text = str(document["paths"]) + str(document["components"]["schemas"])
    for name in document["components"]["schemas"]:
        assert f"#/components/schemas/{name}" in text, name


def test_days_and_moments_are_described_as_such(document: dict[str, Any]) -> None:
    fields = document["components"]["schemas"]["Note"]["properties"]
    assert {"type": "string", "format": "date"} in fields["day"]["anyOf"]
    assert {"type": "string", "format": "date-time"} in fields["seen"]["anyOf"]


def test_fields_are_described_by_what_stands_below_them(document: dict[str, Any]) -> None:
    fields = document["components"]["schemas"]["Note"]["properties"]
    assert fields["seen"]["description"] == "The moment of the last look."
    assert "description" not in fields["day"]


def test_probes_are_not_part_of_the_api(document: dict[str, Any]) -> None:
    assert all(path.startswith("/v1/") for path in document["paths"])


async def test_the_page_is_whole_without_a_network(refusing: httpx.AsyncClient) -> None:
    page = await refusing.get("/docs", headers={"Authorization": ""})
    assert page.status_code == 200
    wanted = re.findall(r"""(?:src|href)=["']([^"']+)["']""", page.text)
    assert wanted
    for address in wanted:
        assert address.startswith("/docs/assets/"), address
        asset = await refusing.get(address)
        assert asset.status_code == 200
        assert len(asset.content) > 1000
    assert "http://" not in page.text
    assert "https://" not in page.text
