"""Passwords of invented people, whom nobody attacks: the real algorithm, one round of it."""

from __future__ import annotations

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class OneRound(PBKDF2PasswordHasher):
    """A million rounds take half a second for each person that a test invents and for each sign-in."""

    iterations = 1
