"""A provider's pages: sites, capacity, offers, deliveries, earnings."""
