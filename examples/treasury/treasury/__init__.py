"""Treasury bots: they repay what an account owes, and never twice."""
