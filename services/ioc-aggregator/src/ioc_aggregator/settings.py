"""What an installation may set for the aggregator, beyond what every service needs."""

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.signin import SigninSettings


class Settings(SigninSettings):
    """Settings with the prefix ``IOC_``."""

    model_config = SettingsConfigDict(env_prefix="IOC_")

    SERVICE: ClassVar[str] = "ioc-aggregator"

    feed_kept: int = Field(default=200_000, ge=1_000)
    """How many entries of the feed a client may be behind before it must read anew."""
