"""Who may open a page. A person who may not gets a page that says who may, and how to ask (403)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from marketplace.accounts.acting import ActingRequest, Choice, Role, acting_of, switch_to

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
ActingView = Callable[Concatenate[ActingRequest, P], HttpResponseBase]


@dataclass(frozen=True, slots=True)
class NotAllowed:
    """What the 403 page says: the sentence, how to get in, and the ways that are one click away."""

    sentence: str
    how: str
    switches: tuple[Choice, ...] = ()
    may_open: bool = False  # offer to open an organisation


def participant_required(view: ActingView[P]) -> View[P]:
    """Let in whoever acts for an organisation."""
    return _behind(view, _acts_for_organisation)


def provider_required(view: ActingView[P]) -> View[P]:
    """Let in whoever acts for an organisation that provides, and switch to its provider side."""
    return _behind(view, _acts_for_provider)


def finance_required(view: ActingView[P]) -> View[P]:
    """Let in the exchange's finance staff, and switch to finance; who may only look may send nothing."""
    return _behind(view, _acts_for_finance)


def finance_reader_required(view: ActingView[P]) -> View[P]:
    """Let in the exchange's finance staff, and switch to finance; what is sent changes nothing that finance keeps."""
    return _behind(view, _reads_for_finance)


def approver_required(view: ActingView[P]) -> View[P]:
    """Let in those of finance who agree to what others have prepared, and switch to finance."""
    return _behind(view, _approves)


def operator_required(view: ActingView[P]) -> View[P]:
    """Let in those who operate the exchange."""
    return _behind(view, _operates)


def _behind(view: ActingView[P], why_not: Callable[[HttpRequest], NotAllowed | None]) -> View[P]:
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        not_allowed = why_not(request)
        if not_allowed is not None:
            return not_allowed_page(request, not_allowed)
        return view(request, *args, **kwargs)  # type: ignore[arg-type]

    return guarded


def not_allowed_page(request: HttpRequest, not_allowed: NotAllowed) -> HttpResponse:
    """The designed 403."""
    return render(request, "account/not_allowed.html", {"not_allowed": not_allowed}, status=403)


def _acts_for_organisation(request: HttpRequest) -> NotAllowed | None:
    acting = acting_of(request)
    if acting.participant is not None:
        return None
    switches = tuple(c for c in acting.choices if c.participant is not None)
    if switches:
        return NotAllowed(
            _("This page belongs to an organisation, and you are here for the exchange."),
            _("Switch to the organisation whose page you want to see."),
            switches,
        )
    return NotAllowed(
        _("Only members of an organisation that trades may see this page, and you are not a member of one yet."),
        _("Ask a colleague to add you to yours, or open one here."),
        may_open=True,
    )


def _acts_for_provider(request: HttpRequest) -> NotAllowed | None:
    acting = acting_of(request)
    if acting.participant is not None and acting.participant.provides:
        if acting.role != Role.PROVIDER:
            switch_to(request, Choice(Role.PROVIDER, acting.participant))
        return None
    switches = tuple(c for c in acting.choices if c.role == Role.PROVIDER)
    if switches:
        how = _("Switch to the organisation that provides.")
    elif acting.participant is not None:
        how = _("Registering a first site makes %(name)s a provider.") % {"name": acting.current.name}
    else:
        how = _("Ask a colleague at a provider to add you, or open an organisation that provides.")
    sentence = _("Only members of an organisation that provides compute may see this page.")
    return NotAllowed(sentence, how, switches, may_open=not switches)


def _acts_for_finance(request: HttpRequest) -> NotAllowed | None:
    why_not = _reads_for_finance(request)
    if why_not is None and request.method not in ("GET", "HEAD") and not request.user.books:  # type: ignore[union-attr]  # has a role
        return NotAllowed(
            _("Your finance role lets you look at everything and change nothing."),
            _("A colleague who books can do this, or an operator can widen your role."),
        )
    return why_not


def _reads_for_finance(request: HttpRequest) -> NotAllowed | None:
    acting = acting_of(request)
    finance = next((c for c in acting.choices if c.role == Role.FINANCE), None)
    if finance is not None:
        if acting.role != Role.FINANCE:
            switch_to(request, finance)
        return None
    return NotAllowed(
        _("Only the exchange's finance staff may see this page."),
        _("An operator can give you the finance role. Your own invoices and statements are in your wallet."),
    )


def _operates(request: HttpRequest) -> NotAllowed | None:
    if request.user.is_staff:
        return None
    return NotAllowed(
        _("Only the operators of the exchange may see this page."),
        _("Somebody who administers the exchange can make you an operator."),
    )


def _approves(request: HttpRequest) -> NotAllowed | None:
    why_not = _acts_for_finance(request)
    if why_not is not None or request.user.approves:  # type: ignore[union-attr]  # has a role
        return why_not
    return NotAllowed(
        _("Only finance staff who approve may do this."),
        _("Ask a colleague with the approver's role; nobody approves what they prepared themselves."),
    )
