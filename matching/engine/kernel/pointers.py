# mypy: disallow-untyped-calls=False
"""Typed pointers from addresses, so that kernels index memory that Python owns without counting references.

Numba's arrays in a hot loop cost reference counts, wrap-around checks and seven words an argument; a pointer is one word.
What is read comes out as int64 whatever its size in memory, so that every piece is compiled for one set of types.
Nothing here checks bounds: `room.py` sees to it, before each command, that all it can touch exists.
"""

import operator
from collections.abc import Callable
from typing import Any, Protocol, cast

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model


class Ints(Protocol):
    """What a Pointer looks like to a type checker."""

    def __getitem__(self, index: int) -> int: ...
    def __setitem__(self, index: int, value: int) -> None: ...


class Pointer(types.Type):
    """A pointer to integers of `item` type, read as int64 and written from any integer, modulo its size.

    `memory` names what it points into. LLVM is told that pointers into different memories never meet (its type-based alias
    analysis), so that it need not read the state block again after each write to the arena.
    """

    def __init__(self, item: Any, memory: str) -> None:
        self.item = item
        self.memory = memory
        super().__init__(name=f"Pointer({item}, {memory})")


@register_model(Pointer)
class PointerModel(models.PrimitiveModel):
    def __init__(self, manager: Any, pointer: Pointer) -> None:
        super().__init__(manager, pointer, manager.lookup(pointer.item).get_data_type().as_pointer())


@infer_global(operator.getitem)
class GetItem(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        pointer, _ = args
        return signature(types.int64, pointer, types.int64) if isinstance(pointer, Pointer) else None


@infer_global(operator.setitem)
class SetItem(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        pointer, _, _ = args
        return signature(types.none, pointer, types.int64, types.int64) if isinstance(pointer, Pointer) else None


def tag(builder: Any, access: Any, memory: str) -> None:
    """Mark a load or store with the memory that it is of (LLVM Language Reference, "tbaa" metadata)."""
    module = builder.module
    offset = ir.Constant(ir.IntType(64), 0)
    root = module.add_metadata([ir.MetaDataString(module, "matching.engine.kernel")])
    kind = module.add_metadata([ir.MetaDataString(module, memory), root, offset])
    access.set_metadata("tbaa", module.add_metadata([kind, kind, offset]))


@lower_builtin(operator.getitem, Pointer, types.int64)
def get_item(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
    value = builder.load(builder.gep(arguments[0], [arguments[1]]))
    tag(builder, value, sig.args[0].memory)
    return context.cast(builder, value, sig.args[0].item, types.int64)


@lower_builtin(operator.setitem, Pointer, types.int64, types.int64)
def set_item(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
    value = context.cast(builder, arguments[2], types.int64, sig.args[0].item)
    store = builder.store(value, builder.gep(arguments[0], [arguments[1]]))
    tag(builder, store, sig.args[0].memory)
    return context.get_dummy_value()


def pointer_to(item: Any, memory: str) -> Callable[[int], Ints]:
    """Return a kernel function that makes a pointer to `item`s in one kind of memory from an address."""

    @intrinsic  # type: ignore[untyped-decorator, unused-ignore]
    def pointer(typing_context: Any, address: Any) -> Any:
        def generate(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(sig.return_type))

        return Pointer(item, memory)(types.int64), generate

    return cast(Callable[[int], Ints], pointer)


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def prefetch_address(typing_context: Any, address: Any) -> Any:
    """Ask for the cache line of an address, to be there when it is needed; any address will do."""

    def generate(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        byte = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte, *[ir.IntType(32)] * 3])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        to_write, keep, data = (ir.Constant(ir.IntType(32), i) for i in (1, 3, 1))
        builder.call(function, [builder.inttoptr(arguments[0], byte), to_write, keep, data])
        return context.get_dummy_value()

    return types.none(types.int64), generate


prefetch = cast(Callable[[int], None], prefetch_address)

state64 = pointer_to(types.int64, "state")
arena16 = pointer_to(types.int16, "arena")
arena32 = pointer_to(types.int32, "arena")
arena64 = pointer_to(types.int64, "arena")
table64 = pointer_to(types.int64, "table")
command8 = pointer_to(types.int8, "command")
command32 = pointer_to(types.int32, "command")
command64 = pointer_to(types.int64, "command")
event32 = pointer_to(types.int32, "event")
event64 = pointer_to(types.int64, "event")
other32 = pointer_to(types.int32, "other")
other64 = pointer_to(types.int64, "other")

reallocate = cast(Callable[[int, int], int], types.ExternalFunction("realloc", types.int64(types.int64, types.int64)))
"""libc's realloc, on addresses: events are the one thing that can outgrow its room in the middle of a command."""
