"""For whom the person at the browser acts: an organisation as its buyer or provider side, or the exchange as finance.

Kept in the session (`participant_id`, `role`); `ActingMiddleware` puts it on every request as `request.acting` and
`request.participant`. Templates read `request.acting.role`, `.participant` and `.choices`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from marketplace.accounts.models import Membership, User
from matching.models import Participant

PARTICIPANT_KEY = "participant_id"
ROLE_KEY = "role"


class Role(StrEnum):
    """What the navigation shows; an organisation that buys and provides switches between the two."""

    VISITOR = "visitor"
    BUYER = "buyer"
    PROVIDER = "provider"
    FINANCE = "finance"


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of the organisation switch; `value` is what the form sends: `buyer:12`, `provider:12`, `finance`."""

    role: Role
    participant: Participant | None

    @property
    def value(self) -> str:
        return str(self.role) if self.participant is None else f"{self.role}:{self.participant.pk}"

    @property
    def name(self) -> str:
        """The organisation's name in the language of the page."""
        return _("Suanshi finance") if self.participant is None else participant_name(self.participant)

    @property
    def role_name(self) -> str:
        names = {
            Role.VISITOR: _("Visitor"),
            Role.BUYER: _("Buyer"),
            Role.PROVIDER: _("Provider"),
            Role.FINANCE: _("Finance"),
        }
        return names[self.role]


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts now, and what else this person could act as."""

    role: Role
    participant: Participant | None
    choices: tuple[Choice, ...]

    @property
    def current(self) -> Choice:
        return Choice(self.role, self.participant)


class ActingRequest(HttpRequest):
    """A request behind `participant_required` or its like: signed in, and acting for `participant`."""

    user: User
    acting: Acting
    participant: Participant


def participant_name(participant: Participant) -> str:
    """Its name in the language of the page."""
    is_chinese = (get_language() or "").startswith("zh")
    return participant.name_zh if is_chinese and participant.name_zh else participant.name


def acting_participant(request: HttpRequest) -> Participant | None:
    """The organisation for which the request acts, or None for visitors and for finance."""
    return acting_of(request).participant


def acting_of(request: HttpRequest) -> Acting:
    """Read the session's choice against the memberships that hold now; one query, once a request."""
    known: Acting | None = getattr(request, "acting", None)
    if known is not None:
        return known
    user = getattr(request, "user", None)
    if not isinstance(user, User) and not getattr(user, "is_authenticated", False):
        return Acting(Role.VISITOR, None, ())
    choices = _choices_of(request.user)  # type: ignore[arg-type]
    chosen = _chosen(choices, role=request.session.get(ROLE_KEY), participant_id=request.session.get(PARTICIPANT_KEY))
    return Acting(Role.VISITOR, None, ()) if chosen is None else Acting(chosen.role, chosen.participant, choices)


def switch_to(request: HttpRequest, choice: Choice) -> None:
    """Act as `choice` from now on, in this session and in the rest of this request."""
    request.session[ROLE_KEY] = str(choice.role)
    request.session[PARTICIPANT_KEY] = choice.participant.pk if choice.participant else None
    _put(request, Acting(choice.role, choice.participant, acting_of(request).choices))


class ActingMiddleware:
    """Puts `acting` and `participant` on the request; stands after AuthenticationMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        _put(request, acting_of(request))
        return self.get_response(request)


def _put(request: HttpRequest, acting: Acting) -> None:
    request.acting = acting  # type: ignore[attr-defined]
    request.participant = acting.participant  # type: ignore[attr-defined]


def _choices_of(user: User) -> tuple[Choice, ...]:
    choices: list[Choice] = []
    memberships = Membership.objects.filter(user_id=user.pk).select_related("participant").order_by("id")
    for participant in (m.participant for m in memberships):
        if participant.buys:
            choices.append(Choice(Role.BUYER, participant))
        if participant.provides:
            choices.append(Choice(Role.PROVIDER, participant))
    if user.is_finance:
        choices.append(Choice(Role.FINANCE, None))
    return tuple(choices)


def _chosen(choices: Sequence[Choice], *, role: str | None, participant_id: int | None) -> Choice | None:
    """The session's choice if it still holds, else another of the same organisation, else the first."""
    exact = (c for c in choices if c.role == role and (c.participant.pk if c.participant else None) == participant_id)
    same = (c for c in choices if c.participant is not None and c.participant.pk == participant_id)
    return next(exact, None) or next(same, None) or next(iter(choices), None)
