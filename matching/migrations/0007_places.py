import django.contrib.postgres.fields
from django.db import migrations, models

# An order that came in before stands at its command's sequence, in every hour: that is how the books were loaded.
PLACES = """
    UPDATE matching_order SET place = sequence WHERE state = 'open';
    UPDATE matching_market SET places_given = sequence;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0006_rulings"),
    ]

    operations = [
        migrations.AddField(
            model_name="command",
            name="seen",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), null=True, size=None),
        ),
        migrations.AddField(
            model_name="order",
            name="place",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="places",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), null=True, size=None),
        ),
        migrations.AddField(
            model_name="order",
            name="shown",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), null=True, size=None),
        ),
        migrations.AddField(
            model_name="market",
            name="places_given",
            field=models.BigIntegerField(default=0),
        ),
        migrations.RunSQL(PLACES, migrations.RunSQL.noop),
    ]
