"""Reading a script without running it: its calls in the order they are made, and what a value was computed from."""
