"""The settings of the gradebook: every service's, the key that opens names, and signing in."""

from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from chassis.rewrapping import MasterKeySettings
from chassis.signin import SigninSettings


class GradebookSettings(MasterKeySettings, SigninSettings):
    """Read from the environment under ``GRADEBOOK_``."""

    model_config = SettingsConfigDict(env_prefix="GRADEBOOK_")
    SERVICE: ClassVar[str] = "gradebook"
