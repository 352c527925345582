"""The settings of the gradebook: every service's, and the key that opens names."""

from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from chassis.rewrapping import MasterKeySettings


class GradebookSettings(MasterKeySettings):
    """Read from the environment under ``GRADEBOOK_``."""

    model_config = SettingsConfigDict(env_prefix="GRADEBOOK_")
    SERVICE: ClassVar[str] = "gradebook"
