"""A folder of offers and bids played through the whole exchange with a simulated clock."""
