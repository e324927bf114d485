"""VAT: rates by tax code, whose purchases have which code, and how new versions come to be."""
