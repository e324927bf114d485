"""The page of a person's API keys: list, make, revoke. A new key's token is in one answer and nowhere else."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.accounts.acting import acting_of, participant_name
from marketplace.accounts.keys import Scope, create_api_key, revoke_api_key, scopes_of
from marketplace.accounts.models import ApiKey, User
from matching.models import Participant

WORDS = {
    (ApiKey.ActsFor.ORGANISATION, ApiKey.May.READ): gettext_lazy("read"),
    (ApiKey.ActsFor.ORGANISATION, ApiKey.May.CHANGE): gettext_lazy("read and trade"),
    (ApiKey.ActsFor.FINANCE, ApiKey.May.READ): gettext_lazy("read"),
    (ApiKey.ActsFor.FINANCE, ApiKey.May.CHANGE): gettext_lazy("read and book"),
    (ApiKey.ActsFor.FINANCE, ApiKey.May.APPROVE): gettext_lazy("read, book and approve"),
    (ApiKey.ActsFor.OPERATIONS, ApiKey.May.READ): gettext_lazy("read"),
    (ApiKey.ActsFor.OPERATIONS, ApiKey.May.CHANGE): gettext_lazy("read and operate"),
}


class ApiKeyForm(forms.Form):
    """What a new key is called, for whom it acts, and what it may do there."""

    name = forms.CharField(
        label=gettext_lazy("Name of the key"),
        max_length=60,
        help_text=gettext_lazy("So that you know later which program uses it."),
    )
    scope = forms.ChoiceField(
        label=gettext_lazy("May"),
        help_text=gettext_lazy("Give it no more than the program needs. It never does more than you may yourself."),
    )

    def __init__(self, scopes: list[Scope], data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.scopes = {f"{scope.acts_for}:{scope.may}": scope for scope in scopes}
        self.fields["scope"].choices = [  # type: ignore[attr-defined]
            (value, f"{name_of(scope.acts_for, scope.participant)}: {WORDS[scope.acts_for, scope.may]}")
            for value, scope in self.scopes.items()
        ]

    def make_for(self, user: User) -> str:
        """Make the key that was asked for and return its token."""
        scope = self.scopes[self.cleaned_data["scope"]]
        _key, token = create_api_key(
            user=user,
            participant=scope.participant,
            acts_for=scope.acts_for,
            may=scope.may,
            name=self.cleaned_data["name"],
            now=timezone.now(),
        )
        return token


def name_of(acts_for: str, participant: Participant | None) -> str:
    """For whom a key acts, in words."""
    if participant is not None:
        return participant_name(participant)
    return _("Suanshi finance") if acts_for == ApiKey.ActsFor.FINANCE else _("Suanshi operations")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def api_keys(request: HttpRequest) -> HttpResponse:
    """List one's keys; POST makes one for the organisation of now, for finance or for operations, and shows its token."""
    assert isinstance(request.user, User)
    scopes = scopes_of(user=request.user, participant=acting_of(request).participant)
    form = ApiKeyForm(scopes, request.POST if request.method == "POST" else None)
    token = None
    if form.is_valid():
        token = form.make_for(request.user)
        form = ApiKeyForm(scopes)
    keys = ApiKey.objects.filter(user=request.user, revoked_at=None).select_related("participant")
    context = {
        "form": form,
        "keys": [(key, name_of(key.acts_for, key.participant), WORDS[key.scope]) for key in keys],
        "token": token,
        "may_make": bool(scopes),
    }
    return render(request, "account/api_keys.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def revoke_key(request: HttpRequest, pk: int) -> HttpResponse:
    """Let one of one's own keys work no more."""
    key = get_object_or_404(ApiKey, pk=pk, user=request.user)
    revoke_api_key(key=key, now=timezone.now())
    messages.success(request, _("The key %(name)s works no more.") % {"name": key.name})
    return redirect("api_keys")
