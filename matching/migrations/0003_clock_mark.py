import django.db.models.deletion
from django.db import migrations, models

MARKS = """
    INSERT INTO matching_clockmark (market_id, told_until)
    SELECT market_id, max(hour) + 1 FROM matching_command WHERE "do" = 4 GROUP BY market_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0002_market_data"),
    ]

    operations = [
        migrations.CreateModel(
            name="ClockMark",
            fields=[
                (
                    "market",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="matching.market",
                    ),
                ),
                ("told_until", models.IntegerField(default=0)),
            ],
        ),
        migrations.RunSQL(MARKS, migrations.RunSQL.noop),
        migrations.RemoveConstraint(
            model_name="command",
            name="command_one_close",
        ),
    ]
