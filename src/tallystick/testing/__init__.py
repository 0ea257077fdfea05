"""Scenarios: read, played against a venue, and checked."""
