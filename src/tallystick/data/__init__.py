"""Packaged facts: parameters of the exchange, and scenarios. `SOURCES.md` names where they come from."""
