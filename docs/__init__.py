"""The guide, and what keeps it true: its examples are run, its tables, diagrams and plots are made from the engine."""
