"""Offers: a provider's published, priced listings; each owns one ask."""
