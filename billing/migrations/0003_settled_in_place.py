"""Settlement rewrites an obligation where it stands: no index has what it changes, and its page has room for the new version."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F

CHECK_TRANSFERS = """
CREATE OR REPLACE FUNCTION billing_check_transfers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
    SELECT n.code, d.kind AS debit_kind, c.kind AS credit_kind INTO wrong
    FROM (
        SELECT DISTINCT code, debit_account_id, credit_account_id, corrects_id IS NOT NULL AS is_correction FROM inserted
    ) AS n
    JOIN billing_account d ON d.id = n.debit_account_id JOIN billing_account c ON c.id = n.credit_account_id
    WHERE NOT EXISTS (
        SELECT FROM billing_transferrule r WHERE r.code = n.code AND (
            (r.debit_kind = d.kind AND r.credit_kind = c.kind)
            OR (n.is_correction AND r.debit_kind = c.kind AND r.credit_kind = d.kind)))
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'A % transfer moves no money from % to %', wrong.code, wrong.debit_kind, wrong.credit_kind
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_accounts_allowed';
    END IF;
    SELECT m.month INTO wrong FROM billing_monthclosing m
    WHERE m.reopened_at IS NULL AND EXISTS (SELECT FROM inserted n WHERE n.at >= m.start_at AND n.at < m.end_at) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'The month % is closed', to_char(wrong.month, 'YYYY-MM')
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_month_open';
    END IF;
    SELECT n.corrects_id AS id INTO wrong FROM (SELECT DISTINCT corrects_id FROM inserted WHERE corrects_id IS NOT NULL) AS n
    LEFT JOIN billing_transfer o ON o.id = n.corrects_id
    CROSS JOIN LATERAL (
        SELECT bool_or(c.phase <> 'posted' OR c.code <> o.code OR c.id <= o.id
                OR least(c.debit_account_id, c.credit_account_id) <> least(o.debit_account_id, o.credit_account_id)
                OR greatest(c.debit_account_id, c.credit_account_id) <> greatest(o.debit_account_id, o.credit_account_id)
            ) AS is_misfit,
            sum(CASE WHEN c.debit_account_id = o.debit_account_id THEN c.amount_fen ELSE -c.amount_fen END) AS change_fen
        FROM billing_transfer c WHERE c.corrects_id = o.id
    ) AS correction
    WHERE o.id IS NULL OR o.phase NOT IN ('posted', 'post') OR o.corrects_id IS NOT NULL OR is_misfit
        OR o.amount_fen + change_fen < 0
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'A correction does not fit transfer %', wrong.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_correction_fits';
    END IF;
    RETURN NULL;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_rules")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE billing_obligation SET (fillfactor = 50)", "ALTER TABLE billing_obligation RESET (fillfactor)"
        ),
        migrations.RemoveIndex(model_name="obligation", name="obligation_unsettled"),
        migrations.AddIndex(
            model_name="obligation",
            index=models.Index(F("start") + F("hours"), F("start"), name="obligation_delivery"),
        ),
        migrations.RunSQL(CHECK_TRANSFERS, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="transfer",
            name="corrects",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="corrections",
                to="billing.transfer",
            ),
        ),
    ]
