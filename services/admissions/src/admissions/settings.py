"""The knobs of admissions; the shared ones are the chassis'."""

from typing import ClassVar

from pydantic import SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from chassis.sealing import MasterKeys
from chassis.settings import ServiceSettings


class AdmissionsSettings(ServiceSettings):
    """Read from ``ADMISSIONS_…``."""

    SERVICE: ClassVar[str] = "admissions"
    model_config = SettingsConfigDict(env_prefix="ADMISSIONS_")

    master_key: SecretStr
    """Base64 of 32 bytes; wraps the key of each pupil."""

    @field_validator("master_key")
    @classmethod
    def _opens(cls, value: SecretStr) -> SecretStr:
        MasterKeys(value.get_secret_value())
        return value

    def master_keys(self) -> MasterKeys:
        """Return what wraps and unwraps the pupils' keys."""
        return MasterKeys(self.master_key.get_secret_value())
