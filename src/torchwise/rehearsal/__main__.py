"""`python -m torchwise.rehearsal REQUEST.json`: the process that rehearses."""

import sys

if __name__ == "__main__":
    from torchwise.rehearsal.running.child import main

    main(sys.argv[1])
