"""`/book`, `/child`, `/results`: a class's score book, a child's scores, a pupil's results.

Their files are open to everybody and hold nobody's data; what they show the API gives to whoever
may read it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from chassis.errors import NotFound
from chassis.http import PrincipalDep, QueryRouter, SessionDep
from chassis.persons import in_list_order
from contracts.lists import ColumnKind, CorrectionReason, Grade, Subject
from gradebook.books import queries as books
from gradebook.classes import queries as classes
from gradebook.guardians import queries as guardians
from gradebook.policy import POLICY
from gradebook.requests import NamesDep
from gradebook.roster import queries as roster
from gradebook.scores.domain.columns import columns

reads = QueryRouter(prefix="/v1", tags=["guardians"])

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    # The address holds a pupil's id.
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_MEDIA_TYPES = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "json": "application/json",
}


class Child(BaseModel):
    """A child of whoever asks, and the class of this school year."""

    pupil_id: str
    name: str
    school_year: str | None
    class_name: str | None


class Children(BaseModel):
    """The children of whoever asks, in the order of names."""

    children: Sequence[Child]


@reads.get("/children")
async def list_children(session: SessionDep, principal: PrincipalDep, names: NamesDep) -> Children:
    """List the pupils whose guardian asks."""
    POLICY.authorise(principal, "children.list")
    mine = await guardians.children(session, principal)
    called = await names.shown(session, mine)
    enrolled = await roster.enrolments(session, mine)
    seats: dict[str, str | None] = {}
    for year in {one.school_year for one in enrolled.values()}:
        seats |= await classes.seats_of(session, mine, year)
    rooms = await classes.rooms(session, {seat for seat in seats.values() if seat})
    called_rooms = {pupil: rooms[seat].name for pupil, seat in seats.items() if seat}
    return Children(
        children=[
            Child(
                pupil_id=pupil_id,
                name=called[pupil_id],
                school_year=enrolled[pupil_id].school_year if pupil_id in enrolled else None,
                class_name=called_rooms.get(pupil_id),
            )
            for pupil_id in in_list_order(called)
        ]
    )


def install(app: FastAPI) -> None:
    """Serve the pages and their files, and send whoever comes without an address to the book."""
    files_by_name = dict(_walk(files(__package__) / "static", "")) | {"lists.json": _lists()}
    pages = {name: text for name, text in files_by_name.items() if name.endswith(".html")}

    async def page(request: Request) -> Response:
        return _sent(request, f"{request.url.path.rpartition('/')[2]}.html", pages)

    async def file(request: Request) -> Response:
        return _sent(request, request.path_params["name"], files_by_name)

    async def home(request: Request) -> Response:  # noqa: ARG001 - what Starlette calls it with
        return RedirectResponse("book")

    app.add_route("/", home, include_in_schema=False)
    for name in pages:
        app.add_route(f"/{name.removesuffix('.html')}", page, include_in_schema=False)
    app.add_route("/pages/{name:path}", file, include_in_schema=False)


def _sent(request: Request, name: str, known: Mapping[str, bytes]) -> Response:
    content = known.get(name)
    if content is None:
        raise NotFound("file-unknown", "Không có tệp này.")
    headers = _HEADERS | {"ETag": f'W/"{blake2b(content, digest_size=8).hexdigest()}"'}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=_MEDIA_TYPES[name.rpartition(".")[2]], headers=headers)


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        name = prefix + entry.name
        if entry.is_dir():
            yield from _walk(entry, f"{name}/")
        elif name.rpartition(".")[2] in _MEDIA_TYPES:
            yield name, entry.read_bytes()


def _lists() -> bytes:
    """Give the pages the closed lists and which columns there are, which stand elsewhere."""
    lists = {
        "subjects": [{"code": one, "vi": one.vietnamese, "en": one.english} for one in Subject],
        "reasons": list(CorrectionReason),
        "reopening": {"reasons": list(books.ReopeningReason), "hours": books.LONGEST_REOPENING},
        "columns": {
            grade: {
                subject: {kind: columns(subject, kind, grade) for kind in _OF_A_SCHOOL}
                for subject in Subject
                if grade.level in subject.levels
            }
            for grade in Grade
        },
    }
    return json.dumps(lists, ensure_ascii=False, separators=(",", ":")).encode()


_OF_A_SCHOOL = [kind for kind in ColumnKind if kind is not ColumnKind.EXAM]
"""An examination's columns are the department's."""
