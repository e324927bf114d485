"""The pages. One file a page or part; docs/web.md says how they hang together."""
