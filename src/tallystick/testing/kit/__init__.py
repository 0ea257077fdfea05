"""The kit for other people's tests: what the fixture `tally` is made of."""
