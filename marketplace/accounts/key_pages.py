"""The page of a person's API keys: list, make, revoke. A new key's token is in one answer and nowhere else."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.accounts.acting import Role, acting_of
from marketplace.accounts.keys import create_api_key, revoke_api_key
from marketplace.accounts.models import ApiKey, User


class ApiKeyForm(forms.Form):
    """What a new key is called and may do."""

    name = forms.CharField(
        label=gettext_lazy("Name of the key"),
        max_length=60,
        help_text=gettext_lazy("So that you know later which program uses it."),
    )
    can_trade = forms.BooleanField(
        label=gettext_lazy("May trade"),
        required=False,
        help_text=gettext_lazy("Without this it only reads."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def api_keys(request: HttpRequest) -> HttpResponse:
    """List one's keys; POST makes one for whom one acts now, and shows its token."""
    assert isinstance(request.user, User)
    acting = acting_of(request)
    form = ApiKeyForm(request.POST or None)
    if acting.role == Role.FINANCE:
        del form.fields["can_trade"]
    token = None
    if request.method == "POST" and acting.role != Role.VISITOR and form.is_valid():
        _key, token = create_api_key(
            user=request.user,
            participant=acting.participant,
            name=form.cleaned_data["name"],
            can_trade=form.cleaned_data.get("can_trade", False),
            now=timezone.now(),
        )
        form = ApiKeyForm()
    keys = ApiKey.objects.filter(user=request.user, revoked_at=None).select_related("participant")
    return render(request, "account/api_keys.html", {"form": form, "keys": keys, "token": token, "role": acting.role})


@require_POST
@login_required
def revoke_key(request: HttpRequest, pk: int) -> HttpResponse:
    """Let one of one's own keys work no more."""
    key = get_object_or_404(ApiKey, pk=pk, user=request.user)
    revoke_api_key(key=key, now=timezone.now())
    messages.success(request, _("The key %(name)s works no more.") % {"name": key.name})
    return redirect("api_keys")
