"""The templates over HTTP: what is sent to guardians, as it would look."""

from collections.abc import Sequence

from pydantic import BaseModel

from chassis.http import PrincipalDep, QueryRouter
from contracts.notifications import Purpose
from notifications.policy import POLICY
from notifications.templates.domain import CONTENTS
from notifications.templates.examples import EXAMPLES
from notifications.templates.queries import EXAMPLE, catalogue

reads = QueryRouter(prefix="/v1/templates", tags=["templates"])


class Preview(BaseModel):
    """How a text looks, with made-up names and values."""

    title: str
    text: str


class TemplateAnswer(BaseModel):
    """A template: what it is about, what its texts may use, how the newest one looks."""

    name: str
    purpose: Purpose
    versions: Sequence[int]
    variables: Sequence[str]
    previews: Sequence[Preview]


class Templates(BaseModel):
    """All templates."""

    templates: Sequence[TemplateAnswer]


@reads.get("", transactional=False)
async def list_templates(principal: PrincipalDep) -> Templates:
    """List what is sent to guardians."""
    POLICY.authorise(principal, "templates.read")
    texts = catalogue()
    return Templates(
        templates=[
            TemplateAnswer(
                name=content.TEMPLATE,
                purpose=content.PURPOSE,
                versions=texts.versions(content.TEMPLATE),
                variables=texts.variables(content.TEMPLATE),
                previews=[
                    Preview(
                        **texts.render(example, texts.newest(content.TEMPLATE), EXAMPLE)._asdict()
                    )
                    for example in EXAMPLES
                    if isinstance(example, content)
                ],
            )
            for content in CONTENTS
        ]
    )
