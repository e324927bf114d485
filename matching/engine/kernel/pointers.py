"""Typed pointers from addresses, so that kernels index memory that Python owns without counting references.

Numba's arrays in a hot loop cost reference counts, wrap-around checks and seven words an argument; a pointer is one word.
Nothing here checks bounds: `room.py` sees to it, before each command, that all it can touch exists.
"""

from typing import Any

from numba import types
from numba.extending import intrinsic


def pointer_to(item: Any) -> Any:
    """Return a kernel function that makes a pointer to `item`s from an address."""

    @intrinsic  # type: ignore[untyped-decorator, unused-ignore]
    def pointer(typing_context: Any, address: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

        return types.CPointer(item)(types.int64), generate

    return pointer


to_int8 = pointer_to(types.int8)
to_int32 = pointer_to(types.int32)
to_int64 = pointer_to(types.int64)

reallocate = types.ExternalFunction("realloc", types.uintp(types.uintp, types.uintp))
"""libc's realloc, on addresses: events are the one thing that can outgrow its room in the middle of a command."""
