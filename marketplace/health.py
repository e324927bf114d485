"""Whether this exchange works, for load balancers and monitors."""

from __future__ import annotations

from django.db import Error as DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from billing.standing import read_clearing_standing
from matching.standing import read_standing


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 where pages can be served, 503 where the database does not answer.

    `is_matching` and `lag_s` say how orders fare: pages work and orders are accepted while no matcher runs. `clearing` says how
    far money is behind the matchers.
    """
    now = timezone.now()
    try:
        groups = read_standing()
        clearing = read_clearing_standing()
    except DatabaseError:
        return JsonResponse({"database": False}, status=503)
    return JsonResponse(
        {
            "database": True,
            "is_matching": all(group.is_matching for group in groups),
            "link_groups": [
                {
                    "link_group": group.link_group,
                    "is_matching": group.is_matching,
                    "waiting": group.waiting,
                    "lag_s": round(group.lag_s(now), 3),
                }
                for group in groups
            ],
            "clearing": {"waiting": clearing.waiting, "lag_s": round(clearing.lag_s(now), 3)},
        }
    )
