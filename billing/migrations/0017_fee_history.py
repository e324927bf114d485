"""What fees were so far becomes versions and days; versions are only ever decided, not edited."""

from django.db import migrations

SCHEDULES = """
INSERT INTO billing_feeschedule (from_hour, state, reason, proposed_by, decided_by, tier_volumes_fen, maker_fee_bps, taker_fee_bps)
SELECT (e.from_hour + 8) / 24 * 24 - CASE WHEN e.from_hour > 0 THEN 8 ELSE 0 END, 'approved', '', '', '', '{0}',
    ARRAY[(SELECT bps FROM billing_rate m WHERE m.kind = 'maker_fee' AND m.from_hour <= e.from_hour
        ORDER BY m.from_hour DESC LIMIT 1)],
    ARRAY[(SELECT bps FROM billing_rate t WHERE t.kind = 'taker_fee' AND t.from_hour <= e.from_hour
        ORDER BY t.from_hour DESC LIMIT 1)]
FROM (SELECT DISTINCT from_hour FROM billing_rate WHERE kind IN ('maker_fee', 'taker_fee')) AS e
ORDER BY e.from_hour;
DELETE FROM billing_rate WHERE kind IN ('maker_fee', 'taker_fee')
"""

DAYS = """
WITH traded AS (
    SELECT party.id AS participant_id,
        (floor(extract(epoch FROM o.traded_at) / 3600)::integer + 8) / 24 * 24 - 8 AS day,
        sum(o.price_fen::bigint * o.quantity * o.hours)::bigint AS fen
    FROM billing_obligation o CROSS JOIN LATERAL (VALUES (o.buyer_id), (o.seller_id)) AS party (id) GROUP BY 1, 2
)
INSERT INTO billing_feeday (participant_id, day, traded_fen, volume_fen, schedule_id, maker_fee_bps, taker_fee_bps, counted_to)
SELECT t.participant_id, t.day, t.fen,
    (SELECT coalesce(sum(b.fen), 0) FROM traded b
     WHERE b.participant_id = t.participant_id AND b.day < t.day AND b.day >= t.day - 720),
    s.id, s.maker_fee_bps[1], s.taker_fee_bps[1], (SELECT coalesce(max(id), 0) + 1 FROM billing_transfer)
FROM traded t CROSS JOIN LATERAL (
    SELECT * FROM billing_feeschedule WHERE from_hour <= t.day ORDER BY from_hour DESC, id DESC LIMIT 1
) AS s
"""

KEPT = """
CREATE FUNCTION billing_keep_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE decided text[] := '{state,decided_by,decided_at}';
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'proposed' AND to_jsonb(NEW) - decided = to_jsonb(OLD) - decided THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% % is never edited or deleted; enter a new version', TG_TABLE_NAME, OLD.id
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'version_is_kept';
END $$;
""" + "".join(
    f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION billing_keep_version();"
    for table in ("billing_feeschedule", "billing_rate", "billing_taxstatus")
)

NOT_KEPT = (
    "".join(
        f"DROP TRIGGER {table}_kept ON {table};"
        for table in ("billing_feeschedule", "billing_rate", "billing_taxstatus")
    )
    + "DROP FUNCTION billing_keep_version()"
)


class Migration(migrations.Migration):
    dependencies = [("billing", "0016_fees_tax_vouchers")]

    operations = [
        migrations.RunSQL(SCHEDULES, migrations.RunSQL.noop),
        migrations.RunSQL(DAYS, migrations.RunSQL.noop),
        migrations.RunSQL(KEPT, NOT_KEPT),
    ]
