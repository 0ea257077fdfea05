"""Serving an agent over MCP: few tools, read-only unless asked otherwise, writes that a repeat does not double."""
