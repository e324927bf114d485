"""Addresses of what operators do, below /api/v1/."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from marketplace.api.views.operations import halts, markets, people, system

ID = r"(?P<pk>[0-9]{1,18})"
MARKET = r"markets/(?P<market>[\w.-]{1,90})"
PARTICIPANT = r"participants/(?P<slug>[\w-]{1,80})"

urlpatterns: list[URLPattern] = [
    path("halts", halts.Halts.as_view(), name="halts"),
    re_path(rf"^halts/{ID}/collect$", halts.CollectOrders.as_view(), name="halt-collect"),
    re_path(rf"^halts/{ID}/resume$", halts.ResumeTrading.as_view(), name="halt-resume"),
    re_path(rf"^{MARKET}/terms$", markets.MarketTerms.as_view(), name="market-terms"),
    re_path(rf"^{MARKET}/references$", markets.References.as_view(), name="market-references"),
    path("participants", people.Participants.as_view(), name="participants"),
    re_path(rf"^{PARTICIPANT}$", people.OneParticipant.as_view(), name="participant"),
    re_path(rf"^{PARTICIPANT}/limits$", people.SetLimits.as_view(), name="participant-limits"),
    path("site-requests", people.SiteRequests.as_view(), name="site-requests"),
    re_path(rf"^site-requests/{ID}/approve$", people.ApproveSite.as_view(), name="site-approve"),
    re_path(rf"^site-requests/{ID}/refuse$", people.RefuseSite.as_view(), name="site-refuse"),
    path("findings", people.Findings.as_view(), name="findings"),
    re_path(rf"^findings/{ID}$", people.OneFinding.as_view(), name="finding"),
    re_path(rf"^findings/{ID}/decide$", people.DecideFinding.as_view(), name="finding-decide"),
    path("system", system.System.as_view(), name="system"),
]
