"""Where a value got its dtype or its device, and how its line would read with another one."""
