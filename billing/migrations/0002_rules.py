"""The rules that PostgreSQL itself keeps: rounding, seals, what may never be changed, what a transfer may move."""

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

REFUSE = """
CREATE FUNCTION billing_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% % is never changed or deleted; correct it by a new one', TG_TABLE_NAME, OLD.id
        USING ERRCODE = 'restrict_violation';
END $$
"""

KEEP_VERSIONS = """
CREATE FUNCTION billing_keep_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE decided text[] := '{state,decided_by,decided_at}';
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'proposed' AND to_jsonb(NEW) - decided = to_jsonb(OLD) - decided THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% % is never edited or deleted; enter a new version', TG_TABLE_NAME, OLD.id
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'version_is_kept';
END $$
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
END $$;
CREATE TRIGGER billing_transfer_checked AFTER INSERT ON billing_transfer
REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION billing_check_transfers()
"""

NOTES_WITHIN = """
CREATE FUNCTION billing_note_within_document() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    original billing_invoice;
    left_fen bigint;
BEGIN
    SELECT * INTO original FROM billing_invoice WHERE id = NEW.corrects_id FOR UPDATE;
    SELECT original.total_fen + coalesce(sum(CASE kind WHEN 'credit' THEN -total_fen ELSE total_fen END), 0)
        INTO left_fen FROM billing_invoice WHERE corrects_id = NEW.corrects_id;
    IF original.corrects_id IS NOT NULL OR original.participant_id <> NEW.participant_id
        OR original.start <> NEW.start OR original."end" <> NEW."end"
        OR (left_fen < 0 AND NEW.kind = 'credit' AND (original.kind <> 'statement' OR NEW.run_id IS NULL)) THEN
        RAISE EXCEPTION '% credits % by more than is left of it', NEW.number, original.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_note_within_document';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER billing_invoice_note_within AFTER INSERT ON billing_invoice FOR EACH ROW
    WHEN (NEW.corrects_id IS NOT NULL) EXECUTE FUNCTION billing_note_within_document();
"""

# Never changed, never deleted.
IMMUTABLE = (
    "billing_transfer",
    "billing_ledgerseal",
    "billing_settlementline",
    "billing_invoice",
    "billing_invoiceline",
    "billing_invoicepayment",
    "billing_meterreading",
    "billing_adjustment",
)

# The same, with the words of matching: what was handed over is no money.
HANDED_OVER = ("billing_accesshandover", "billing_accessopening")

# Proposed, then decided, then kept.
VERSIONS = ("billing_feeschedule", "billing_rate", "billing_taxstatus")


def trigger(table: str, name: str, function: str, events: str = "UPDATE OR DELETE") -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER {table}_{name} BEFORE {events} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()",
        f"DROP TRIGGER {table}_{name} ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_tables"), ("matching", "0003_rules")]
    replaces = [
        ("billing", "0002_functions"),
        ("billing", "0003_fapiao"),
        ("billing", "0004_obligations_keep_their_trade"),
        ("billing", "0005_ledger_rules"),
        ("billing", "0006_top_ups"),
        ("billing", "0007_set_based_references"),
        ("billing", "0008_payouts"),
        ("billing", "0009_bank"),
        ("billing", "0010_replace_holds"),
        ("billing", "0011_delivery"),
        ("billing", "0012_credit"),
        ("billing", "0013_access_and_reliability"),
        ("billing", "0014_credit_notes_and_corrections"),
        ("billing", "0015_report_files"),
        ("billing", "0016_fees_tax_vouchers"),
        ("billing", "0017_fee_history"),
    ]

    operations = [
        migrations.RunSQL(SHARE, "DROP FUNCTION billing_share_fen"),
        migrations.RunSQL(SEAL, "DROP FUNCTION billing_transfer_seal"),
        migrations.RunSQL(PAYLOAD, "DROP FUNCTION billing_transfer_payload"),
        migrations.RunSQL(TEXT, "DROP FUNCTION billing_transfer_text"),
        migrations.RunSQL(DIGEST, "DROP FUNCTION billing_text_digest"),
        migrations.RunSQL(REFUSE, "DROP FUNCTION billing_refuse_change"),
        migrations.RunSQL(KEEP_VERSIONS, "DROP FUNCTION billing_keep_version"),
        *(trigger(table, "immutable", "billing_refuse_change") for table in IMMUTABLE),
        *(trigger(table, "immutable", "matching_refuse_change") for table in HANDED_OVER),
        *(trigger(table, "kept", "billing_keep_version") for table in VERSIONS),
        trigger("billing_account", "kept", "billing_refuse_change", "DELETE"),
        migrations.RunSQL(
            CHECK_TRANSFERS,
            "DROP TRIGGER billing_transfer_checked ON billing_transfer; DROP FUNCTION billing_check_transfers",
        ),
        migrations.RunSQL(
            NOTES_WITHIN,
            "DROP TRIGGER billing_invoice_note_within ON billing_invoice; DROP FUNCTION billing_note_within_document",
        ),
    ]
