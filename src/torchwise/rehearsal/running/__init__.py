"""How a script is rehearsed: in a process of its own, its loops cut short, its writes kept in a throw-away folder."""
