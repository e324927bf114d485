"""Rules of the ledger kept by PostgreSQL: allowed accounts a code, open months, corrections; payload hashes and seals."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

PAYLOAD = """
CREATE FUNCTION billing_transfer_payload(
    debit_account_id bigint, credit_account_id bigint, amount_fen bigint, code varchar, phase varchar, pending_id bigint,
    order_id bigint, trade_id bigint, participant_id integer, run_id bigint, corrects_id bigint
) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
-- What an idempotency key stands for: everything but the key and the time.
RETURN sha256(convert_to(array_to_string(ARRAY[
    debit_account_id::text, credit_account_id::text, amount_fen::text, code, phase, pending_id::text, order_id::text,
    trade_id::text, participant_id::text, run_id::text, corrects_id::text
], '/', '-'), 'UTF8'))
"""

FILL_PAYLOAD = """
ALTER TABLE billing_transfer DISABLE TRIGGER billing_transfer_immutable;
UPDATE billing_transfer SET payload_hash = billing_transfer_payload(
    debit_account_id, credit_account_id, amount_fen, code, phase, pending_id, order_id, trade_id, participant_id, run_id,
    corrects_id) WHERE key IS NOT NULL;
ALTER TABLE billing_transfer ENABLE TRIGGER billing_transfer_immutable;
"""

TEXT = """
CREATE FUNCTION billing_transfer_text(x billing_transfer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
-- The canonical text of a transfer, as the hash chain covers it; the time in microseconds since 1970.
RETURN array_to_string(ARRAY[
    x.id::text, x.debit_account_id::text, x.credit_account_id::text, x.amount_fen::text, x.code, x.phase,
    x.pending_id::text, x.order_id::text, x.trade_id::text, x.participant_id::text, x.run_id::text, x.corrects_id::text,
    x.key, encode(x.payload_hash, 'hex'), (extract(epoch FROM x.at) * 1000000)::bigint::text, x.seal::text
], '/', '-')
"""

DIGEST = """
CREATE FUNCTION billing_text_digest(content text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ('x' || left(encode(sha256(convert_to(content, 'UTF8')), 'hex'), 16))::bit(64)::bigint
"""

CHECK_TRANSFERS = """
CREATE FUNCTION billing_check_transfers() RETURNS trigger LANGUAGE plpgsql AS $$
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
    SELECT o.id INTO wrong FROM (SELECT DISTINCT corrects_id FROM inserted WHERE corrects_id IS NOT NULL) AS n
    JOIN billing_transfer o ON o.id = n.corrects_id
    CROSS JOIN LATERAL (
        SELECT bool_or(c.phase <> 'posted' OR c.code <> o.code OR c.id <= o.id
                OR least(c.debit_account_id, c.credit_account_id) <> least(o.debit_account_id, o.credit_account_id)
                OR greatest(c.debit_account_id, c.credit_account_id) <> greatest(o.debit_account_id, o.credit_account_id)
            ) AS is_misfit,
            sum(CASE WHEN c.debit_account_id = o.debit_account_id THEN c.amount_fen ELSE -c.amount_fen END) AS change_fen
        FROM billing_transfer c WHERE c.corrects_id = o.id
    ) AS correction
    WHERE o.phase NOT IN ('posted', 'post') OR o.corrects_id IS NOT NULL OR is_misfit OR o.amount_fen + change_fen < 0
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'A correction does not fit transfer %', wrong.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_correction_fits';
    END IF;
    RETURN NULL;
END $$
"""

CHECK_TRIGGER = """
CREATE TRIGGER billing_transfer_checked AFTER INSERT ON billing_transfer
REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION billing_check_transfers()
"""

SEAL_IMMUTABLE = """
CREATE TRIGGER billing_ledgerseal_immutable BEFORE UPDATE OR DELETE ON billing_ledgerseal
FOR EACH ROW EXECUTE FUNCTION billing_refuse_change()
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0004_obligations_keep_their_trade"),
        ("matching", "0002_market_data"),
    ]

    operations = [
        migrations.CreateModel(
            name="LedgerSeal",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("last_id", models.BigIntegerField()),
                ("ids", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ("digests", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ("hash", models.CharField(max_length=64)),
                ("sealed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="MonthClosing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("start_at", models.DateTimeField()),
                ("end_at", models.DateTimeField()),
                ("closed_by", models.CharField(max_length=254)),
                ("closed_at", models.DateTimeField()),
                ("reopening_reason", models.CharField(blank=True, max_length=500)),
                ("reopening_asked_by", models.CharField(blank=True, max_length=254)),
                ("reopening_asked_at", models.DateTimeField(null=True)),
                ("reopened_by", models.CharField(blank=True, max_length=254)),
                ("reopened_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-month", "-id"],
            },
        ),
        migrations.CreateModel(
            name="TransferRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=16)),
                ("debit_kind", models.CharField(max_length=12)),
                ("credit_kind", models.CharField(max_length=12)),
            ],
        ),
        migrations.AddField(
            model_name="transfer",
            name="corrects",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="corrections",
                to="billing.transfer",
            ),
        ),
        migrations.AddField(
            model_name="transfer",
            name="payload_hash",
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="credit_account",
            field=models.ForeignKey(
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
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="debits", to="billing.account"
            ),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(fields=["debit_account", "at"], name="transfer_debits_by_time"),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(fields=["credit_account", "at"], name="transfer_credits_by_time"),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=django.contrib.postgres.indexes.BrinIndex(fields=["at"], name="transfer_by_time"),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(
                condition=models.Q(("corrects__isnull", False)), fields=["corrects"], name="transfer_corrections"
            ),
        ),
        migrations.RunSQL(PAYLOAD, "DROP FUNCTION billing_transfer_payload"),
        migrations.RunSQL(FILL_PAYLOAD, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("key__isnull", True), ("payload_hash__isnull", True)),
                    models.Q(("key__isnull", False), ("payload_hash__isnull", False)),
                    _connector="OR",
                ),
                name="transfer_key_has_payload_hash",
            ),
        ),
        migrations.AddConstraint(
            model_name="monthclosing",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reopened_at__isnull", True)), fields=("month",), name="month_closed_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="monthclosing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reopened_at__isnull", True),
                    models.Q(
                        ("reopening_asked_at__isnull", False),
                        models.Q(("reopened_by", ""), _negated=True),
                        models.Q(("reopened_by", models.F("reopening_asked_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="month_reopened_by_a_second_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="transferrule",
            constraint=models.UniqueConstraint(fields=("code", "debit_kind", "credit_kind"), name="transfer_rule_pair"),
        ),
        migrations.RunSQL(TEXT, "DROP FUNCTION billing_transfer_text"),
        migrations.RunSQL(DIGEST, "DROP FUNCTION billing_text_digest"),
        migrations.RunSQL(CHECK_TRANSFERS, "DROP FUNCTION billing_check_transfers"),
        migrations.RunSQL(CHECK_TRIGGER, "DROP TRIGGER billing_transfer_checked ON billing_transfer"),
        migrations.RunSQL(SEAL_IMMUTABLE, "DROP TRIGGER billing_ledgerseal_immutable ON billing_ledgerseal"),
    ]
