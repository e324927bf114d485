"""Finance: what buyers owe on terms, by age; their credit limits; dunning and write-offs."""
