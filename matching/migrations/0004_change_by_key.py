from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0003_rules"),
    ]

    operations = [
        migrations.AddField(
            model_name="change",
            name="by_key",
            field=models.CharField(blank=True, default="", max_length=80),
            preserve_default=False,
        ),
    ]
