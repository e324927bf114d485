"""The hash chain: every sealed transfer is what it was when it was sealed, and every seal follows the one before."""

from __future__ import annotations

from billing.checks.check import Check

_SEALED = """
    SELECT s.id AS seal_id, u.id, u.digest FROM billing_ledgerseal s
    CROSS JOIN LATERAL unnest(s.ids, s.digests) AS u (id, digest)
"""

CHECKS = (
    Check(
        "billing_transfer {id}: {what} after it was sealed in billing_ledgerseal {seal_id}.",
        f"""
        SELECT sealed.id, seal_id, CASE WHEN x.id IS NULL THEN 'deleted' ELSE 'changed' END AS what
        FROM ({_SEALED}) AS sealed LEFT JOIN billing_transfer x ON x.id = sealed.id
        WHERE x.id IS NULL OR billing_text_digest(billing_transfer_text(x)) <> sealed.digest ORDER BY 1
        """,
    ),
    Check(
        "billing_transfer {id}: added below billing_ledgerseal {seal_id}, which does not cover it.",
        f"""
        SELECT x.id, (SELECT min(s.id) FROM billing_ledgerseal s WHERE s.last_id >= x.id) AS seal_id
        FROM billing_transfer x
        WHERE x.id <= (SELECT max(last_id) FROM billing_ledgerseal)
            AND NOT EXISTS (SELECT FROM ({_SEALED}) AS sealed WHERE sealed.id = x.id)
        ORDER BY 1
        """,
    ),
    Check(
        "billing_ledgerseal {id}: its hash is not that of its transfers and of the seal before it.",
        """
        SELECT id FROM (
            SELECT s.id, s.hash, s.last_id, s.ids, lag(s.id, 1, 0::bigint) OVER (ORDER BY s.id) AS before,
                encode(sha256(convert_to(lag(s.hash, 1, '') OVER (ORDER BY s.id) || E'\\n' || coalesce((
                    SELECT string_agg(billing_transfer_text(x), E'\\n' ORDER BY x.id)
                    FROM unnest(s.ids) AS u (id) JOIN billing_transfer x USING (id)), ''), 'UTF8')), 'hex') AS computed
            FROM billing_ledgerseal s
        ) AS chain
        WHERE hash <> computed OR id <> before + 1 OR last_id <> ids[cardinality(ids)] ORDER BY id
        """,
    ),
)
