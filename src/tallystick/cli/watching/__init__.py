"""The live view of debts: what is shown as text, and the program that shows it."""
