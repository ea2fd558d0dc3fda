"""What is said where all is well: the models as tables, and how long an epoch takes here."""
