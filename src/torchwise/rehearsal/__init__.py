"""Rehearsing a script or a setup before it is trained: errors, silent bugs, memory; in seconds, leaving nothing behind."""
