"""Predictions of writes: the engine's own arithmetic on a copy of the account, made of what the API tells.

    facts (read) -> mirror (a state of the engine) -> course (the command, and the time it takes) -> expected

On a venue whose clock stands still and whose book nobody moves the prediction is what happens, to the last digit. The
mirror proves itself first: its balance must be the one that the exchange tells, else the prediction says that it is
an estimate.
"""
