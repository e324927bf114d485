import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_functions")]

    operations = [
        migrations.CreateModel(
            name="Fapiao",
            fields=[
                (
                    "invoice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="fapiao",
                        serialize=False,
                        to="billing.invoice",
                    ),
                ),
                ("number", models.CharField(max_length=20, unique=True)),
                ("issued_on", models.DateField()),
                ("imported_at", models.DateTimeField()),
                ("imported_by", models.CharField(max_length=254)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("number__regex", "^[0-9]{20}$")), name="fapiao_number_has_20_digits"
                    )
                ],
            },
        ),
    ]
