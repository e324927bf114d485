"""The rules that PostgreSQL itself keeps: rounding, the seal of a transfer, and what may never be changed."""

from django.db import migrations

SHARE = """
CREATE FUNCTION billing_share_fen(amount_fen bigint, bps integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
-- Half a fen up; whole ten-thousands apart, so that no product leaves bigint. amount_fen is not negative.
RETURN amount_fen / 10000 * bps + (amount_fen % 10000 * bps + 5000) / 10000
"""

SEAL = """
CREATE FUNCTION billing_transfer_seal(
    id bigint, debit_account_id bigint, credit_account_id bigint, amount_fen bigint, code varchar, phase varchar,
    pending_id bigint
) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ('x' || left(md5(
    id::text || '/' || debit_account_id::text || '/' || credit_account_id::text || '/' || amount_fen::text || '/'
    || code || '/' || phase || '/' || coalesce(pending_id::text, '-')
), 16))::bit(64)::bigint
"""

REFUSE = """
CREATE FUNCTION billing_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% % is never changed or deleted; correct it by a new one', TG_TABLE_NAME, OLD.id
        USING ERRCODE = 'restrict_violation';
END $$
"""

IMMUTABLE_TABLES = ("billing_transfer", "billing_settlementline", "billing_invoice", "billing_invoiceline")


def _immutable(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION billing_refuse_change()",
        f"DROP TRIGGER {table}_immutable ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [
        migrations.RunSQL(SHARE, "DROP FUNCTION billing_share_fen"),
        migrations.RunSQL(SEAL, "DROP FUNCTION billing_transfer_seal"),
        migrations.RunSQL(REFUSE, "DROP FUNCTION billing_refuse_change"),
        *(_immutable(table) for table in IMMUTABLE_TABLES),
    ]
