"""`python -m matching.engine.compile`: compile the kernel into numba's on-disk cache, so that no first user waits."""

import sys
import time


def main() -> None:
    started = time.monotonic()
    sys.stdout.write("engine: compiling the kernel (once for each change of it) ... ")
    sys.stdout.flush()
    from matching.engine.kernel import KernelEngine

    KernelEngine()
    sys.stdout.write(f"{time.monotonic() - started:.1f} s\n")


if __name__ == "__main__":
    main()
