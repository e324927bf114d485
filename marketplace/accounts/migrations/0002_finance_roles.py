from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def give_roles(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Who saw and booked everything before goes on doing so; approvers are named by an operator."""
    apps.get_model("accounts", "User").objects.filter(is_finance=True).update(finance_role="finance")


def take_roles(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("accounts", "User").objects.exclude(finance_role="").update(is_finance=True)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="finance_role",
            field=models.CharField(
                blank=True,
                choices=[("", "None"), ("viewer", "Viewer"), ("finance", "Finance"), ("approver", "Approver")],
                default="",
                max_length=8,
            ),
        ),
        migrations.RunPython(give_roles, take_roles),
        migrations.RemoveField(model_name="user", name="is_finance"),
    ]
