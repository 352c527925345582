"""From the public page to a signed-in one and back, over HTTP, with the development issuer."""

from typing import Any

import pytest
from sqlalchemy import text

from chassis.auth import Role
from chassis.auth.issuer import mint

SCHOOL = "0199f0a0-0000-7000-8000-0000000000aa"


def flags(response: Any) -> dict[str, set[str]]:
    """Give the attributes of each cookie that an answer sets."""
    found = {}
    for line in response.headers.get_list("set-cookie"):
        cookie, *attributes = line.split("; ")
        found[cookie.partition("=")[0]] = {one.lower() for one in attributes}
    return found


def parameters(address: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in address.partition("?")[2].split("&"))


async def test_somebody_signs_in_works_and_signs_out(browser: Any) -> None:
    assert await browser.session() == {"available": True, "person": None}
    assert (await browser.get("/v1/notes")).status_code == 401

    address = await browser.begin("?next=/page%3Funit%3D1")
    asked = parameters(address)
    assert address.startswith(f"{browser.identity.url}/authorize?")
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["scope"] == "openid"
    assert len(asked["code_challenge"]) == 43
    assert min(len(asked["state"]), len(asked["nonce"])) >= 43
    assert flags(browser.seen[-1]) == {
        "gradebook-attempt": {"httponly", "samesite=lax", "path=/", "max-age=600"}
        | {one for one in flags(browser.seen[-1])["gradebook-attempt"] if "expires" in one}
    }

    answer = await browser.get(await browser.choose(address))
    assert (answer.status_code, answer.headers["location"]) == (303, "/page?unit=1")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    cookies = flags(answer)
    assert cookies["gradebook-session"] == {"httponly", "samesite=lax", "path=/"}
    assert "max-age=0" in cookies["gradebook-attempt"]
    (form,) = browser.identity.forms
    assert form["client_id"] == ["gradebook"]
    assert len(form["code_verifier"][0]) >= 43

    person = (await browser.session())["person"]
    assert person["subject"] == "0199-teacher"
    assert (person["roles"], person["school"], person["unit"]) == (["teacher"], SCHOOL, None)
    notes = await browser.get("/v1/notes")
    assert notes.json() == {"for": "0199-teacher", "school": SCHOOL}

    held = dict(browser.client.cookies)
    assert (await browser.post("/signout")).status_code == 403
    out = await browser.post("/signout", csrf=browser.csrf)
    assert (out.status_code, out.json()) == (200, {"next": None})
    assert "max-age=0" in flags(out)["gradebook-session"]
    browser.client.cookies.update(held)
    assert (await browser.get("/v1/notes")).status_code == 401, "the server has ended it"
    assert await browser.session() == {"available": True, "person": None}


async def test_a_change_by_cookie_needs_the_token_of_its_session(
    browser: Any, building: Any
) -> None:
    await browser.sign_in()
    await browser.session()
    other = await building.another(browser.service)
    await other.sign_in()
    await other.session()
    assert browser.csrf != other.csrf
    for csrf in (None, "", "x", other.csrf, browser.csrf[:-1]):
        refused = await browser.post("/v1/notes", csrf=csrf)
        assert refused.status_code == 403
        assert refused.json()["type"] == "urn:edu:problem:csrf-token-invalid"
    written = await browser.post("/v1/notes", csrf=browser.csrf)
    assert written.json() == {"by": "0199-teacher", "text": "x"}


async def test_a_bearer_token_needs_none_and_goes_first(browser: Any) -> None:
    await browser.sign_in(person="Chuyên viên")
    token = mint(
        browser.identity.key,
        issuer="urn:test",
        audience="edu",
        subject="a-program",
        roles=[Role.TEACHER],
    )
    written = await browser.post("/v1/notes", authorization=f"Bearer {token}")
    assert written.json()["by"] == "a-program"
    doubtful = await browser.post("/v1/notes", authorization="Bearer nonsense")
    assert doubtful.status_code == 401, "the session does not stand in for a bad token"


async def test_an_id_token_is_no_token_of_the_api(browser: Any) -> None:
    given: list[str] = []
    sign = browser.identity.sign

    def keep(claims: dict[str, Any]) -> str:
        given.append(sign(claims))
        return given[-1]

    browser.identity.sign = keep
    await browser.sign_in()
    browser.client.cookies.clear()
    answer = await browser.post("/v1/notes", authorization=f"Bearer {given[0]}")
    assert answer.status_code == 401


async def test_signing_in_again_ends_what_was_before(browser: Any) -> None:
    await browser.sign_in()
    before = dict(browser.client.cookies)
    await browser.sign_in(person="Chuyên viên")
    after = dict(browser.client.cookies)
    assert before != after
    assert (await browser.session())["person"]["roles"] == ["department-officer"]
    browser.client.cookies.update(before)
    assert (await browser.session())["person"] is None


@pytest.mark.parametrize("next_path", ["//example.org", "https://example.org", "/\\example.org"])
async def test_nobody_is_sent_to_another_host(browser: Any, next_path: str) -> None:
    answer = await browser.sign_in(f"?next={next_path}")
    assert answer.headers["location"] == "/"


async def test_whoever_does_not_want_to_is_told_so(browser: Any) -> None:
    answer = await browser.sign_in("?next=/a", person="Không đăng nhập (Cancel)")
    assert answer.status_code == 403
    assert "Đăng nhập không thành công" in answer.text
    assert 'href="/signin?next=%2Fa"' in answer.text
    assert (await browser.session())["person"] is None


async def test_the_list_of_people_is_text(browser: Any) -> None:
    page = await browser.get(await browser.begin())
    assert "Giáo viên &lt;b&gt;" in page.text
    assert "Trường &amp; A" in page.text


async def test_where_no_provider_is_set_everybody_is_the_public(building: Any) -> None:
    nothing = dict.fromkeys(("signin_issuer", "signin_client_id", "signin_key"))
    browser = await building.browser(building.application(**nothing))
    assert await browser.session() == {"available": False, "person": None}
    page = await browser.get("/signin")
    assert (page.status_code, "location" in page.headers) == (404, False)
    assert "chưa nối với hệ thống đăng nhập nào" in page.text
    assert "Sign in again" not in page.text
    assert (await browser.post("/signout")).status_code == 404
    ready = (await browser.get("/readyz")).json()
    (part,) = [part for part in ready["parts"] if part["name"] == "sign-in"]
    assert (part["state"], part["required"]) == ("ok", False)


async def test_behind_https_cookies_are_bound_to_it(building: Any) -> None:
    app = building.application(signin_url="https://ioc.example/edu/")
    browser = await building.browser(app)
    address = await browser.begin()
    assert (
        parameters(address)["redirect_uri"] == "https%3A%2F%2Fioc.example%2Fedu%2Fsignin%2Fcallback"
    )
    ((name, attributes),) = flags(browser.seen[-1]).items()
    assert name == "__Host-gradebook-attempt"
    assert {"secure", "httponly", "path=/", "samesite=lax"} <= attributes
    assert not any(one.startswith("domain") for one in attributes)


async def test_the_provider_ends_its_session_too(browser: Any) -> None:
    browser.identity.told = {"end_session_endpoint": f"{browser.identity.url}/end?a=b"}
    await browser.sign_in()
    await browser.session()
    out = await browser.post("/signout", csrf=browser.csrf)
    asked = parameters(out.json()["next"])
    assert (asked["a"], asked["client_id"]) == ("b", "gradebook")
    assert asked["post_logout_redirect_uri"].startswith("http%3A%2F%2F127.0.0.1")


async def test_roles_may_stand_in_the_user_info(browser: Any) -> None:
    browser.identity.told = {"userinfo_endpoint": f"{browser.identity.url}/userinfo"}
    browser.identity.lies = {"roles": None, "school": None}
    browser.identity.userinfo = {"sub": "0199-teacher", "roles": ["principal"], "school": SCHOOL}
    assert (await browser.sign_in()).status_code == 303
    person = (await browser.session())["person"]
    assert (person["roles"], person["school"]) == (["principal"], SCHOOL)
    assert browser.identity.authorizations[-1].startswith("Bearer ")
    browser.identity.userinfo["sub"] = "somebody-else"
    assert (await browser.sign_in()).status_code == 403


@pytest.mark.parametrize(
    ("methods", "basic"),
    [(["client_secret_basic"], True), (["client_secret_post"], False)],
)
async def test_a_confidential_client_says_its_secret(
    building: Any, methods: list[str], basic: bool
) -> None:
    building.identity.told = {"token_endpoint_auth_methods_supported": methods}
    browser = await building.browser(building.application(signin_client_secret="hush"))
    await browser.sign_in()
    (form,), (authorization,) = building.identity.forms, building.identity.authorizations
    assert (authorization is not None) is basic
    assert ("client_secret" in form) is not basic


async def test_a_session_that_nobody_has_is_forgotten_by_the_browser(
    browser: Any, building: Any
) -> None:
    await browser.sign_in()
    async with building.store.transaction() as session:
        await session.execute(text("TRUNCATE signin.session"))
    answer = await browser.get("/session")
    assert answer.json() == {"available": True, "person": None}
    assert "max-age=0" in flags(answer)["gradebook-session"]
