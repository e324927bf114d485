import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0010_archived_months"),
    ]

    operations = [
        migrations.CreateModel(
            name="Alternative",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "order_id", "place", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alternatives",
                        to="matching.order",
                    ),
                ),
                ("place", models.SmallIntegerField()),
                (
                    "market",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matching.market",
                    ),
                ),
                ("start", models.IntegerField()),
                ("start_flexibility", models.SmallIntegerField(default=0)),
                ("price_fen", models.IntegerField()),
            ],
            options={
                "ordering": ["order_id", "place"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("place__range", (1, 7))), name="alternative_place"),
                    models.CheckConstraint(
                        condition=models.Q(("price_fen__gte", 1)), name="alternative_price_positive"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="order",
            name="alternative_count",
            field=models.SmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="order",
            name="executed_alternative",
            field=models.SmallIntegerField(null=True),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("state__in", ["pending", "open"]), ("alternative_count__gt", 0)),
                fields=["id"],
                name="order_alternatives_open",
            ),
        ),
    ]
