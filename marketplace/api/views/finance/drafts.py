"""Finance sees what the documents of the week that ended last say, before they are issued."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from billing.documents.drafts import drafts_of_last_week
from billing.tasks import GRACE
from marketplace.api.permissions import BooksForFinance
from marketplace.api.serializers.finance.drafts import DraftsSerializer
from marketplace.api.views.base import View


class Drafts(View):
    """The drafts."""

    permission_classes = (BooksForFinance,)

    @extend_schema(responses=DraftsSerializer)
    def get(self, request: Request) -> Response:
        """Documents that the next issue would make of the week that ended last."""
        return Response(DraftsSerializer(drafts_of_last_week(now=timezone.now(), grace=GRACE)).data)
