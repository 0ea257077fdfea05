"""Every command line."""
