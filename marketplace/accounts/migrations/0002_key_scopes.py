from django.db import migrations, models

FROM_CAN_TRADE = """
UPDATE accounts_apikey SET
    acts_for = CASE WHEN participant_id IS NULL THEN 'finance' ELSE 'organisation' END,
    may = CASE WHEN can_trade THEN 'change' ELSE 'read' END
"""
TO_CAN_TRADE = "UPDATE accounts_apikey SET can_trade = may <> 'read'"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_tables"),
    ]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="acts_for",
            field=models.CharField(
                choices=[("organisation", "Organisation"), ("finance", "Finance"), ("operations", "Operations")],
                default="organisation",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="may",
            field=models.CharField(
                choices=[("read", "Read"), ("change", "Change"), ("approve", "Approve")],
                default="change",
                max_length=7,
            ),
        ),
        migrations.RunSQL(FROM_CAN_TRADE, TO_CAN_TRADE),
        migrations.RemoveField(model_name="apikey", name="can_trade"),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("acts_for", "organisation"), ("participant__isnull", False)),
                    models.Q(models.Q(("acts_for", "organisation"), _negated=True), ("participant__isnull", True)),
                    _connector="OR",
                ),
                name="api_key_organisation",
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("may", "approve"), _negated=True), ("acts_for", "finance"), _connector="OR"
                ),
                name="api_key_finance_approves",
            ),
        ),
    ]
