"""The gradebook's settings: every service's, signing in, and the keys of names and history."""

from typing import ClassVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from chassis.rewrapping import MasterKeySettings
from chassis.signin import SigninSettings
from gradebook.history.checkpoints import read_key


class GradebookSettings(MasterKeySettings, SigninSettings):
    """Read from the environment under ``GRADEBOOK_``."""

    model_config = SettingsConfigDict(env_prefix="GRADEBOOK_")
    SERVICE: ClassVar[str] = "gradebook"

    history_key: SecretStr | None = None
    """Base64 of the 32 bytes of an Ed25519 key that signs the history; unsigned without it."""
    history_signed_seconds: float = Field(default=300, gt=0)
    """How old what is not signed yet may become."""

    @field_validator("history_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            read_key(value.get_secret_value())
        return value

    @property
    def signs_with(self) -> Ed25519PrivateKey | None:
        """The key that signs the history, if there is one."""
        key = self.history_key
        return None if key is None else read_key(key.get_secret_value())
