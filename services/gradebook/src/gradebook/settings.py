"""The settings of the gradebook: every service's, and the key that opens names."""

from typing import ClassVar

from pydantic import SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from chassis.sealing import MasterKeys
from chassis.settings import ServiceSettings


class GradebookSettings(ServiceSettings):
    """Read from the environment under ``GRADEBOOK_``."""

    model_config = SettingsConfigDict(env_prefix="GRADEBOOK_")
    SERVICE: ClassVar[str] = "gradebook"

    master_key: SecretStr
    """Base64 of 32 bytes: opens the pupils' keys, as in admissions."""
    older_master_keys: tuple[SecretStr, ...] = ()
    """A JSON list of those that were in use before and still open what is not yet wrapped anew."""

    @field_validator("master_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        MasterKeys(value.get_secret_value())
        return value

    def master_keys(self) -> MasterKeys:
        """Give what opens names."""
        return MasterKeys(
            self.master_key.get_secret_value(),
            [key.get_secret_value() for key in self.older_master_keys],
        )
