"""A query parameter that the route does not have is refused.

Silence would be worse than in a body: ``?uint=…`` instead of ``?unit=…`` answers the numbers of the
whole province, and nobody notices.
"""

from fastapi.dependencies.models import Dependant
from pydantic import BaseModel
from starlette.requests import Request

from chassis.errors import FieldError, Invalid
from chassis.http.wording import shown


def names(dependant: Dependant) -> frozenset[str]:
    """Return the query parameters of a route and of all that it depends on."""
    found: set[str] = set()
    for field in dependant.query_params:
        model = field.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            found |= {info.alias or name for name, info in model.model_fields.items()}
        else:
            found.add(field.alias)
    return frozenset(found).union(*map(names, dependant.dependencies))


def refuse_unknown(request: Request, known: frozenset[str]) -> None:
    """Let the request pass if it has no parameter but `known` ones."""
    if unknown := sorted(request.query_params.keys() - known):
        choices = ", ".join(sorted(known)) or "không có tham số nào"
        raise Invalid(
            "unknown-parameter",
            f"Có {len(unknown)} tham số không có trong API.",
            errors=[
                FieldError(
                    f"tham số {shown(name)}", "Không có trong API.", f"Chọn trong: {choices}."
                )
                for name in unknown[:10]
            ],
        )
