"""One module a resource; each view makes one call into the domain and translates."""
