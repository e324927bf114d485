"""Django's admin for what is rare: facts of classes and hubs, an organisation's legal facts, who may do what.

Nothing is deleted here, and every change is in the audit trail. Signing in is allauth's, with its second factor.
"""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.db import models, transaction
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone

from marketplace.accounts.models import Membership, User
from matching.changes import fields_of, record_change
from matching.models import ComputeClass, Hub, Participant

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = "算市 Suanshi"


class RecordedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Open to operators; each change becomes a row of the audit trail, in its own transaction."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Operators."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Operators."""
        return request.user.is_active and request.user.is_staff

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Operators."""
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Operators."""
        return self.has_view_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody: orders, trades and invoices name these rows for ever."""
        return False

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: models.Model, form: ModelForm[Any], change: bool) -> None:
        """Save, and note who changed what."""
        names = [name for name in form.changed_data if name in {field.name for field in obj._meta.concrete_fields}]
        before = fields_of(type(obj)._default_manager.get(pk=obj.pk), _columns(obj, names)) if change else {}
        super().save_model(request, obj, form, change)
        record_change(
            who=request.user.email,  # type: ignore[union-attr]  # behind a permission
            what=f"{obj._meta.model_name}.{'change' if change else 'add'}",
            on=obj,
            now=timezone.now(),
            before=before,
            after=fields_of(obj, _columns(obj, names)),
        )


@admin.register(ComputeClass)
class ComputeClassAdmin(RecordedAdmin):
    """Facts of a class. Its slug is in every symbol, so it stays."""

    list_display = ("slug", "name", "vendor", "bf16_tflops", "memory_gb", "position")

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> tuple[str, ...]:
        """The slug, once it exists."""
        return ("slug",) if obj else ()


@admin.register(Hub)
class HubAdmin(RecordedAdmin):
    """A hub's names. Its slug is in every symbol, so it stays."""

    list_display = ("slug", "name", "name_zh", "position")

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> tuple[str, ...]:
        """The slug, once it exists."""
        return ("slug",) if obj else ()


@admin.register(Participant)
class ParticipantAdmin(RecordedAdmin):
    """An organisation's names and legal facts, which the next invoice copies."""

    list_display = ("slug", "name", "buys", "provides", "tax_id")
    search_fields = ("slug", "name", "name_zh", "tax_id")
    readonly_fields = ("slug", "is_demo", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Organisations sign up by themselves."""
        return False


@admin.register(User)
class UserAdmin(RecordedAdmin):
    """What a person may do for the exchange."""

    list_display = ("email", "finance_role", "is_staff", "is_active", "last_login")
    search_fields = ("email",)
    fields = ("email", "finance_role", "is_staff", "is_active")
    readonly_fields = ("email",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """People sign up by themselves."""
        return False


@admin.register(Membership)
class MembershipAdmin(RecordedAdmin):
    """Who may act for which organisation."""

    list_display = ("user", "participant")
    list_select_related = ("user", "participant")
    search_fields = ("user__email", "participant__name")
    autocomplete_fields = ("user", "participant")


def _columns(obj: models.Model, names: list[str]) -> list[str]:
    return [obj._meta.get_field(name).attname for name in names]  # type: ignore[union-attr]
