"""The knobs of admissions; the shared ones are the chassis'."""

from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from chassis.rewrapping import MasterKeySettings


class AdmissionsSettings(MasterKeySettings):
    """Read from ``ADMISSIONS_…``."""

    SERVICE: ClassVar[str] = "admissions"
    model_config = SettingsConfigDict(env_prefix="ADMISSIONS_")
