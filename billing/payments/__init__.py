"""Money paid in through somebody else's page: top-ups, the seam that any method of payment uses, and Stripe behind it."""
