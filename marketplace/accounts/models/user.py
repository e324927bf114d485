from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as BaseUserManager
from django.db import models


class UserManager(BaseUserManager["User"]):
    """Makes users by email address."""

    def _create_user(self, email: str, password: str | None, **extra: Any) -> "User":
        user = self.model(email=self.normalize_email(email), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":  # type: ignore[override]
        """Create a person who signs in with `email`."""
        return self._create_user(email, password, **extra)

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":  # type: ignore[override]
        """Create an operator."""
        return self._create_user(email, password, is_staff=True, is_superuser=True, **extra)


class User(AbstractUser):
    """A person. Signs in by email; acts for the participants it is a member of; finance staff act for the exchange."""

    class UpDown(models.TextChoices):
        LOCALE = ""  # the language's default: red-up in Chinese, green-up in English
        RED_UP = "red-up"
        GREEN_UP = "green-up"

    class FinanceRole(models.TextChoices):
        NONE = ""
        VIEWER = "viewer"  # sees reports, runs and invoices of everybody
        FINANCE = "finance"  # books, prepares and corrects too
        APPROVER = "approver"  # agrees to what another has prepared too

    class Theme(models.TextChoices):
        SYSTEM = ""
        LIGHT = "light"
        DARK = "dark"

    username = None  # type: ignore[assignment]
    email = models.EmailField(unique=True)
    finance_role = models.CharField(max_length=8, choices=FinanceRole.choices, blank=True, default=FinanceRole.NONE)
    time_zone = models.CharField(max_length=40, default="Asia/Shanghai")
    up_down = models.CharField(max_length=8, choices=UpDown.choices, blank=True, default=UpDown.LOCALE)
    theme = models.CharField(max_length=5, choices=Theme.choices, blank=True, default=Theme.SYSTEM)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()  # type: ignore[misc]

    def __str__(self) -> str:
        return self.email

    @property
    def is_finance(self) -> bool:
        """Whether this person acts for the exchange's finance."""
        return self.finance_role != self.FinanceRole.NONE

    @property
    def books(self) -> bool:
        """Whether this person may change what finance keeps, and not only look at it."""
        return self.finance_role in (self.FinanceRole.FINANCE, self.FinanceRole.APPROVER)

    @property
    def approves(self) -> bool:
        """Whether this person may agree to what somebody else in finance has prepared."""
        return self.finance_role == self.FinanceRole.APPROVER
