"""Run a trial.

python -m trials {kills,callers,payloads} [OPTIONS]
"""

import importlib
import sys

TRIALS = ("kills", "callers", "payloads")


def main() -> int:
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in TRIALS:
        print(f"usage: python -m trials {{{','.join(TRIALS)}}} [--help]", file=sys.stderr)
        return 0 if name in ("-h", "--help") else 2
    return importlib.import_module(f"trials.{name}").main(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
