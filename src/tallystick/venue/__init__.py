"""The whole venue, without a network: who goes first, what time it is, and what the market does."""
