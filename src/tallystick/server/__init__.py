"""The network around the venue: HTTP, keys, rate limits and the control endpoints."""
