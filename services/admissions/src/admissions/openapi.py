"""What FastAPI cannot know of a body that is read as bytes."""

from typing import Any


def raw_body(media_type: str, example: str) -> dict[str, Any]:
    """Describe such a body in the OpenAPI document."""
    schema = {"type": "string", "examples": [example]}
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}
