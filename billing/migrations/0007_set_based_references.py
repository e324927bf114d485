import django.db.models.deletion
from django.db import migrations, models

# What stands for a foreign key on the other side: no account is ever deleted.
KEEP_ACCOUNTS = """
    CREATE TRIGGER billing_account_kept BEFORE DELETE ON billing_account
    FOR EACH ROW EXECUTE FUNCTION billing_refuse_change()
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0006_top_ups"),
        ("matching", "0003_clock_mark"),
    ]

    operations = [
        migrations.AlterField(
            model_name="hold",
            name="order",
            field=models.OneToOneField(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                primary_key=True,
                related_name="hold",
                serialize=False,
                to="matching.order",
            ),
        ),
        migrations.AlterField(
            model_name="hold",
            name="pending",
            field=models.OneToOneField(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="billing.transfer",
            ),
        ),
        migrations.AlterField(
            model_name="obligation",
            name="pending",
            field=models.OneToOneField(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="billing.transfer",
            ),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="credit_account",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="credits",
                to="billing.account",
            ),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="debit_account",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="debits",
                to="billing.account",
            ),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="key",
            field=models.CharField(max_length=120, null=True),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="order",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transfers",
                to="matching.order",
            ),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="participant",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="matching.participant",
            ),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="pending",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="resolutions",
                to="billing.transfer",
            ),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="run",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transfers",
                to="billing.settlementrun",
            ),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="trade",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transfers",
                to="billing.obligation",
            ),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(condition=models.Q(("run__isnull", False)), fields=["run"], name="transfer_run"),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("pending__isnull", False)), fields=("pending",), name="transfer_pending_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("key__isnull", False)), fields=("key",), name="transfer_key_once"
            ),
        ),
        migrations.RunSQL(KEEP_ACCOUNTS, "DROP TRIGGER billing_account_kept ON billing_account"),
    ]
