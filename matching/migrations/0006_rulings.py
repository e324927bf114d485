import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0005_kept_by_months"),
    ]

    operations = [
        migrations.CreateModel(
            name="ContractRuling",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "market_id", "hour", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("hour", models.IntegerField()),
                (
                    "market",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rulings",
                        to="matching.market",
                    ),
                ),
                ("state", models.SmallIntegerField(choices=[(0, "OPEN"), (1, "COLLECTING"), (2, "HALTED")])),
            ],
        ),
        migrations.AddField(
            model_name="clockmark",
            name="turn",
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name="command",
            name="hours",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="command",
            name="minute",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="market",
            name="band_fen",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="market",
            name="band_reference_fen",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="market",
            name="state",
            field=models.SmallIntegerField(choices=[(0, "OPEN"), (1, "COLLECTING"), (2, "HALTED")], default=0),
        ),
        migrations.AlterField(
            model_name="command",
            name="do",
            field=models.SmallIntegerField(
                choices=[
                    (0, "NEW"),
                    (1, "REPLACE"),
                    (2, "CANCEL"),
                    (3, "MASS_CANCEL"),
                    (4, "CLOSE"),
                    (6, "TIME"),
                    (7, "BAND"),
                    (8, "HALT"),
                    (9, "COLLECT"),
                    (10, "RESUME"),
                ]
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("state__in", ["pending", "open"]), ("expires_at__isnull", False)),
                fields=["expires_at"],
                name="order_expiring",
            ),
        ),
        migrations.AddConstraint(
            model_name="contractruling",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", [1, 2])), name="contractruling_not_open"
            ),
        ),
    ]
