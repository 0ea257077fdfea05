"""Keys that show themselves to nobody: not in a repr, a log, a traceback or a pickle."""

from __future__ import annotations

import hashlib

from tallystick.wire.sign import Signer


class Secret:
    """Text that is read with `reveal()` alone."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is not pickled: make the client from its profile where it is used")

    def __bool__(self) -> bool:
        return bool(self._text)


class Key:
    """API key with its passphrase, and `sign` for its secret. `fingerprint` tells keys apart without telling one."""

    __slots__ = ("api_key", "fingerprint", "passphrase", "sign")

    def __init__(self, api_key: str, secret_key: str, passphrase: str) -> None:
        """Raises ValueError, without the value, for a key or passphrase that no header field can carry as it is."""
        for name, value in (("api_key", api_key), ("secret_key", secret_key), ("passphrase", passphrase)):
            if not (value.isascii() and value.isprintable() and value == value.strip()):
                raise ValueError(
                    f"{name} has a blank or a line break at an end, or a letter beyond ASCII: give it as it was made"
                )
        self.api_key = Secret(api_key)
        self.passphrase = Secret(passphrase)
        self.sign = Signer(secret_key).sign
        self.fingerprint = hashlib.sha256(api_key.encode("utf-8")).hexdigest()[:16]

    def __repr__(self) -> str:
        return f"Key({self.fingerprint})"
