"""Jobs that a person saved under a name: one click fills the ticket, with the earliest start that there is then."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from marketplace.accounts.models import TicketPreset, User
from marketplace.accounts.presets import UnableToKeepPreset, save_preset


class PresetForm(forms.Form):
    """A name for the ticket as it stands."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=40)
    back = forms.CharField(max_length=2000, required=False)


def presets_of(user: object) -> list[tuple[TicketPreset, str]]:
    """The person's presets with the addresses that they open; one statement."""
    if not isinstance(user, User):
        return []
    return [(preset, f"{reverse('buy')}?{preset.query}") for preset in TicketPreset.objects.filter(user=user)]


@require_POST
@login_required
def preset_save(request: HttpRequest) -> HttpResponse:
    """Keep the ticket in `back` under a name; the same name again replaces it."""
    assert isinstance(request.user, User)
    form = PresetForm(request.POST)
    back = QueryDict(request.POST.get("back", ""))
    if not form.is_valid():
        messages.error(request, _("Give the preset a name of at most 40 characters."))
        return _to_ticket(back)
    name = form.cleaned_data["name"]
    try:
        save_preset(user=request.user, name=name, query=request.POST.get("back", ""))
    except UnableToKeepPreset as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Saved as %(name)s.") % {"name": name})
    return _to_ticket(back)


@require_POST
@login_required
def preset_delete(request: HttpRequest, preset_id: int) -> HttpResponse:
    """Forget one of one's own presets."""
    preset = get_object_or_404(TicketPreset, pk=preset_id, user_id=request.user.pk)
    preset.delete()
    messages.success(request, _("The preset %(name)s is deleted.") % {"name": preset.name})
    return _to_ticket(QueryDict(request.POST.get("back", "")))


def _to_ticket(query: QueryDict) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('buy')}?{query.urlencode()}")
