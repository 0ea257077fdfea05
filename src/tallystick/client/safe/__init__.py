"""Safe repay: plans, writes its intent down, acts once, and reconciles until it can say what happened."""
