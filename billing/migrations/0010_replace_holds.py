import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0009_bank"),
        ("matching", "0007_places"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReplaceHold",
            fields=[
                (
                    "command",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="matching.command",
                    ),
                ),
                ("unit_fen", models.IntegerField(null=True)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="replace_holds", to="matching.order"
                    ),
                ),
                (
                    "pending",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.transfer"
                    ),
                ),
            ],
        ),
    ]
