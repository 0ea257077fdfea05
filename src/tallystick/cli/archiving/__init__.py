"""Commands of `tally archive`."""
