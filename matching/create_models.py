"""A migration's step that creates an app's first tables: one rendering of the models instead of one after each of them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddConstraint, AddField, AddIndex, CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

SHOWN = (CreateModel, AddField, AddIndex, AddConstraint)


class CreateModels(Operation):
    """Create the tables that `operations` describe, each as it stands after the last of them.

    Django renders every related model again after each operation, which took most of the time of a first migration.
    Raises TypeError where an operation is of another kind than a table as it stands can show.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        for operation in operations:
            if type(operation) not in SHOWN:
                raise TypeError(f"A {type(operation).__name__} is not created with the models; let it follow them.")
        self.operations = list(operations)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # what is rendered; it is rendered again when it is next read
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for model in self._names():
            schema_editor.create_model(to_state.apps.get_model(app_label, model))

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for model in reversed(self._names()):
            schema_editor.delete_model(from_state.apps.get_model(app_label, model))

    def describe(self) -> str:
        return f"Create {len(self._names())} models"

    def _names(self) -> list[str]:
        return [operation.name for operation in self.operations if isinstance(operation, CreateModel)]
