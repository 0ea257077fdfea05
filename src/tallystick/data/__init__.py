"""Packaged facts: parameters of the exchange and recorded candles. `SOURCES.md` names where they come from."""
