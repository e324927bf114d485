"""What providers keep here: sites from their first draft on, curves, rules that list by themselves, maintenance, offers."""

from marketplace.offers.models.maintenance import Maintenance, Withdrawal
from marketplace.offers.models.offer import Offer
from marketplace.offers.models.price_curve import PriceCurve
from marketplace.offers.models.site_profile import SiteProfile
from marketplace.offers.models.standing_offer import StandingOffer

__all__ = ["Maintenance", "Offer", "PriceCurve", "SiteProfile", "StandingOffer", "Withdrawal"]
