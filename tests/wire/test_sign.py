"""Signatures: the documents' vectors, and every way to be wrong."""

from __future__ import annotations

import hmac
import pickle
from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.wire.sign import Signer, prehash, sign, verify

SECRET = "22582BD0CFF14C41EDBF1AB98506286D"
WHEN = "2020-12-08T09:08:57.715Z"
VECTORS = [
    (WHEN, "GET", "/api/v5/account/balance", "", "AkD5YszBhggtIyjDlmTy/9PpNVntel+1Lff8wh0qpQw="),
    (WHEN, "GET", "/api/v5/account/balance?ccy=BTC", "", "HiZhvSfMtWJA3uUIVXV3a/bSXNPCWvYFXoGCVS8V4zY="),
    (WHEN, "GET", "/api/v5/account/balance?ccy=BTC,ETH", "", "oah2EOT2Fnz1bjkgiAnuKl+zFQzDG3/nqPUqyYzArrE="),
    (WHEN, "GET", "/api/v5/account/balance?ccy=BTC%2CETH", "", "X/i/q53ENYaVFJP/x3gMqfyuIw8hS3HPa3eFxfQQFaY="),
    (
        WHEN,
        "POST",
        "/api/v5/account/set-auto-repay",
        '{"autoRepay":true}',
        "W751hxJVix+i38tVsuZ97BFChHPTUuThOUIwnmKH1/Q=",
    ),
    (
        WHEN,
        "POST",
        "/api/v5/account/set-auto-repay",
        '{"autoRepay": true}',
        "sUPUkMAcAlj7ztvldd0euIZkdcRyR139LMUH3R6L2gs=",
    ),
    ("1538054050", "GET", "/users/self/verify", "", "+LdIr8lkkvhr5hoA3g9TMC0+uQJ849ftAcocA/ouu4M="),
]
GOOD = VECTORS[4]


@pytest.mark.parametrize(("when", "method", "target", "body", "signature"), VECTORS)
def test_vectors(when: str, method: str, target: str, body: str, signature: str) -> None:
    assert prehash(when, method, target, body) == f"{when}{method}{target}{body}".encode()
    assert sign(SECRET, when, method, target, body) == signature
    signer = Signer(SECRET)
    assert [signer.sign(when, method, target, body.encode()) for _ in range(2)] == [signature, signature]
    assert verify(SECRET, when, method, target, body, signature)
    assert verify(SECRET, when, method, target.encode(), body.encode(), signature.encode())


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "é",
        "é".encode(),
        GOOD[4][:10] + "!" + GOOD[4][10:],
        GOOD[4].rstrip("="),
        GOOD[4] + "=",
        GOOD[4] + "\n",
        GOOD[4].swapcase(),
        sign(SECRET, GOOD[0], "post", GOOD[2], GOOD[3]),
        sign(SECRET, GOOD[0], "POST", GOOD[2], GOOD[3] + " "),
        sign(SECRET + "0", GOOD[0], "POST", GOOD[2], GOOD[3]),
        "5bbef98712558b1fa2dfcb55b2e67dec11428473d352e4e13942309e6287d7f4",
    ],
)
def test_wrong_signatures(wrong: str | bytes) -> None:
    assert not verify(SECRET, *GOOD[:4], wrong)


def test_a_target_encoded_after_signing_is_known_again() -> None:
    """python-okx signs `?a=x y` and its HTTP library sends `?a=x%20y`; the other way round is a forgery."""
    signature = sign(SECRET, WHEN, "GET", "/p?a=x y€")
    assert verify(SECRET, WHEN, "GET", "/p?a=x%20y%E2%82%AC", "", signature)
    encoded = sign(SECRET, WHEN, "GET", "/p?a=x%20y")
    assert not verify(SECRET, WHEN, "GET", "/p?a=x y", "", encoded)
    assert not verify(SECRET, WHEN, "GET", "/p?a=x%2520y", "", signature)


@settings(deadline=None, database=None)
@given(target=st.text(), body=st.binary(), flip=st.integers(0, 43))
def test_what_was_signed_verifies_and_a_changed_letter_does_not(target: str, body: bytes, flip: int) -> None:
    signature = sign(SECRET, WHEN, "POST", target, body)
    assert verify(SECRET, WHEN, "POST", target, body, signature)
    other = "A" if signature[flip] != "A" else "B"
    assert not verify(SECRET, WHEN, "POST", target, body, signature[:flip] + other + signature[flip + 1 :])


@given(secret=st.text(max_size=150, alphabet=st.characters(codec="utf-8")), body=st.binary(max_size=200))
def test_a_signer_signs_as_the_hmac_of_the_standard_library(secret: str, body: bytes) -> None:
    """RFC 2104 has keys up to a block (64 bytes) filled up, and longer ones hashed first."""
    wanted = b64encode(hmac.new(secret.encode(), f"{WHEN}POST/path".encode() + body, "sha256").digest()).decode()
    assert Signer(secret).sign(WHEN, "POST", "/path", body) == wanted


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 128, 200])
def test_a_signer_takes_secrets_of_every_length(size: int) -> None:
    wanted = b64encode(hmac.new(b"k" * size, f"{WHEN}GET/path".encode(), "sha256").digest()).decode()
    assert Signer("k" * size).sign(WHEN, "GET", "/path") == wanted


def test_a_signer_is_not_pickled_and_shows_nothing() -> None:
    signer = Signer(SECRET)
    assert SECRET not in repr(signer)
    with pytest.raises(TypeError):
        pickle.dumps(signer)
