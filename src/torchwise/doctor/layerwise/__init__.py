"""Layers that get other sizes than they were built for: where the sizes come from, and what to change."""
