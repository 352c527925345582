"""A gradebook with one school behind it, signed in to with Chromium as people do."""

import asyncio
import base64
import os
import shutil
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import pytest
import uvicorn
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from chassis.auth.issuer import generate_key
from chassis.service import build
from edu.identity import Identity
from edu.people import Person
from edu.testing import facts
from edu.testing.facts import MASTER, SCHOOL, YEAR
from edu.testing.service import Answer, Told, TrustingVerifier, an_id, settings_of
from gradebook.app import HANDLERS, SERVICE
from gradebook.settings import GradebookSettings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from edu.infrastructure import Infrastructure

Result = TypeVar("Result")
TEACHER, OTHER, HOMEROOM = an_id("maths"), an_id("maths, too"), an_id("homeroom")
GUARDIAN, PRINCIPAL = an_id("guardian of the first"), an_id("principal")
PEOPLE = [
    Person("teacher", "Giáo viên Toán", "Trường", "teacher", TEACHER, SCHOOL),
    Person("other", "Giáo viên Toán khác", "Trường", "teacher", OTHER, SCHOOL),
    Person("homeroom", "Giáo viên chủ nhiệm", "Trường", "homeroom-teacher", HOMEROOM, SCHOOL),
    Person("principal", "Hiệu trưởng", "Trường", "principal", PRINCIPAL, SCHOOL),
    Person("guardian", "Cha mẹ học sinh", "", "guardian", GUARDIAN),
]
NAMES = ["Trần Văn An", "Lê Thị Bình", "Nguyễn Thị Ánh Cúc", "Phạm Dũng"]
"""In the order of a class list."""


class Loop:
    """An event loop in a thread of its own: the browser's driver occupies the test's."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._servers: list[tuple[uvicorn.Server, asyncio.Task[None]]] = []

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run something there and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(120)

    def serve(self, app: "ASGIApp", listening: socket.socket) -> None:
        """Serve an application; its socket listens already, so nobody waits for anything."""
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
        server = uvicorn.Server(config)

        async def begin() -> None:
            task = asyncio.create_task(server._serve([listening]))
            self._servers.append((server, task))

        self.run(begin())

    def close(self) -> None:
        """End the servers, then the loop."""

        async def end() -> None:
            for server, task in self._servers:
                server.should_exit = server.force_exit = True
                await task

        self.run(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@dataclass
class Room:
    """A class with its pupils, and the address of its score book."""

    class_id: str
    pupils: list[str]
    url: str
    sheets: dict[str, str] = field(default_factory=dict)


class School(Told):
    """The service, told facts and asked as programs do, and where browsers find it."""

    principal = token = f"principal/{PRINCIPAL}/{SCHOOL}"
    url: str
    loop: Loop
    sessions: dict[str, Any]
    """The cookies of whoever has signed in, by name."""
    numbers = count(1)

    def room(self, *columns: tuple[str, int], names: list[str] = NAMES) -> Room:
        """Open a class of its own for a test, with these columns of mathematics in term I."""
        return self.loop.run(self._room(columns, names))

    async def _room(self, columns: tuple[tuple[str, int], ...], names: list[str]) -> Room:
        number = next(self.numbers)
        await self.hear(facts.school())
        known = [(an_id(f"pupil {name} of {number}"), name) for name in names]
        people = [facts.person(pupil, name) for pupil, name in known]
        await self.hear(*(enrolled for enrolled, _ in people))
        await self.hear(*(key for _, key in people))
        body = {"school_id": SCHOOL, "school_year": YEAR, "grade": "6", "name": f"6A{number}"}
        body["homeroom_teacher_id"] = HOMEROOM
        (room,) = (await self.post("/classes", {"classes": [body]}, expect=201))["classes"]
        class_id = room["class_id"]
        pupils = [pupil for pupil, _ in known]
        await self.put(f"/classes/{class_id}/pupils", {"pupil_ids": pupils})
        teaching = [{"subject": "TOAN", "teacher_ids": [TEACHER, OTHER]}]
        await self.put(f"/classes/{class_id}/teaching", {"teaching": teaching})
        url = f"{self.url}/book?year={YEAR}&class={class_id}&subject=TOAN&term=HK1"
        made = Room(class_id, pupils, url)
        for kind, position in columns:
            column = {"subject": "TOAN", "term": "HK1", "kind": kind, "position": position}
            sheet = await self.post("/sheets", {"class_id": class_id} | column, expect=201)
            made.sheets[f"{kind} {position}"] = sheet["sheet_id"]
        return made

    def teach(self, room: Room, *teachers: str) -> None:
        """Let these teach mathematics in a class from now on."""
        known = {"teacher": TEACHER, "other": OTHER}
        teaching = [{"subject": "TOAN", "teacher_ids": [known[one] for one in teachers]}]
        path = f"/classes/{room.class_id}/teaching"
        self.loop.run(self.put(path, {"teaching": teaching}))

    def save(self, sheet: str, pupil: str, score: str | None, **body: Any) -> Answer:
        """Save a cell as the other teacher of mathematics."""
        version = body.pop("version", 0)
        cells = [{"pupil_id": pupil, "score": score, "version": version}]
        path = f"/sheets/{sheet}/cells"
        return self.loop.run(self.put(path, {"cells": cells} | body, token=f"teacher/{OTHER}"))

    def publish(self, *sheets: str) -> None:
        """Let guardians see these columns."""
        shown = {"sheet_ids": list(sheets), "published": True}
        self.loop.run(self.put("/publications", shown, token=f"teacher/{OTHER}"))

    def scores(self, sheet: str) -> list[str | None]:
        """Give what the server has in a column, in the order of names."""
        answer = self.loop.run(self.get(f"/sheets/{sheet}"))
        return [cell["score"] for cell in answer["cells"]]

    def cell(self, sheet: str, pupil: str) -> Answer:
        """Give one cell with its history."""
        row = self.loop.run(self.get(f"/pupils/{pupil}/scores"))
        return next(one for one in row["columns"] if one["sheet_id"] == sheet)


@pytest.fixture(scope="module")
def school(infra: "Infrastructure", postgres: str) -> Iterator[School]:  # noqa: ARG001 - starts it
    """Serve a gradebook and the development issuer on addresses of their own."""
    loop = Loop()
    issuer, own = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
    address, url = (f"http://127.0.0.1:{one.getsockname()[1]}" for one in (issuer, own))
    settings = settings_of(
        GradebookSettings,
        infra.empty_database("gradebook"),
        master_key=MASTER,
        signin_issuer=address,
        signin_client_id="gradebook",
        signin_key=base64.b64encode(bytes(32)).decode(),
    )

    async def built() -> School:
        app = build(SERVICE, settings)
        app.state.verifier = TrustingVerifier()
        transport = httpx.ASGITransport(app=app)
        client = httpx.AsyncClient(transport=transport, base_url=url)
        return School(client, app, HANDLERS)

    made = loop.run(built())
    made.url, made.loop, made.sessions = url, loop, {}
    loop.serve(Identity(address, generate_key(), lambda: PEOPLE).application, issuer)
    loop.serve(made.app, own)
    try:
        yield made
    finally:
        loop.run(made.client.aclose())
        loop.run(made.database.close())
        loop.close()


@pytest.fixture(scope="module")
def browser(school: School) -> Iterator[Browser]:  # noqa: ARG001 - its driver takes this thread's loop
    """Start Chromium, or say why nothing is run."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("not run: there is no chromium (apt-get install chromium fonts-noto-core)")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=path, args=arguments)
        yield started
        started.close()


SignsIn = Callable[..., Page]


@pytest.fixture
def signs_in(school: School, browser: Browser) -> Iterator[SignsIn]:
    """Return the function that opens a page as somebody; what its console complains of fails."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def sign_in(person: str, url: str, *, anew: bool = False, **options: Any) -> Page:
        """Sign in through the provider; later as the same person with the session that stands."""
        known = None if anew else school.sessions.get(person)
        screen: dict[str, Any] = {"viewport": {"width": 1920, "height": 1080}} | options
        context = browser.new_context(storage_state=known, **screen)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=school.url)
        contexts.append(context)
        page = context.new_page()
        watch(page)
        page.goto(url)
        if known is None:
            page.locator("#enter").click()
            page.get_by_role("link", name=person, exact=True).click()
            expect(page).to_have_url(url)
        if not anew:
            school.sessions.setdefault(person, context.storage_state())
        return page

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", complaint)

    def complaint(said: ConsoleMessage) -> None:
        # A browser writes down every request that failed or was refused; the page tells its reader.
        if said.type == "error" and "Failed to load resource" not in said.text:
            faults.append(said.text)

    yield sign_in
    for context in contexts:
        context.close()
    assert faults == []
