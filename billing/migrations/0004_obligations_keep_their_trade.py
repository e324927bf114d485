import django.db.models.deletion
from django.db import migrations, models

ADD = """
    ALTER TABLE billing_obligation
        ADD COLUMN market_id integer, ADD COLUMN bid_id bigint, ADD COLUMN buyer_id integer, ADD COLUMN seller_id integer,
        ADD COLUMN site_id integer, ADD COLUMN start integer, ADD COLUMN hours integer, ADD COLUMN quantity integer,
        ADD COLUMN price_fen integer, ADD COLUMN traded_at timestamptz
"""

COPY = """
    UPDATE billing_obligation o
    SET market_id = t.market_id, bid_id = t.bid_id, buyer_id = t.buyer_id, seller_id = t.seller_id, site_id = t.site_id,
        start = t.start, hours = t.hours, quantity = t.quantity, price_fen = t.price_fen, traded_at = t.traded_at
    FROM matching_trade t WHERE t.id = o.trade_id
"""

REQUIRE = """
    ALTER TABLE billing_obligation
        ALTER COLUMN market_id SET NOT NULL, ALTER COLUMN bid_id SET NOT NULL, ALTER COLUMN buyer_id SET NOT NULL,
        ALTER COLUMN seller_id SET NOT NULL, ALTER COLUMN site_id SET NOT NULL, ALTER COLUMN start SET NOT NULL,
        ALTER COLUMN hours SET NOT NULL, ALTER COLUMN quantity SET NOT NULL, ALTER COLUMN price_fen SET NOT NULL,
        ALTER COLUMN traded_at SET NOT NULL
"""

DROP = """
    ALTER TABLE billing_obligation
        DROP COLUMN market_id, DROP COLUMN bid_id, DROP COLUMN buyer_id, DROP COLUMN seller_id, DROP COLUMN site_id,
        DROP COLUMN start, DROP COLUMN hours, DROP COLUMN quantity, DROP COLUMN price_fen, DROP COLUMN traded_at
"""


def kept(name: str, field: models.Field) -> migrations.AddField:
    """A column that the statements above have made."""
    return migrations.AddField("obligation", name, field, preserve_default=False)


def reference(to: str) -> models.ForeignKey:
    return models.ForeignKey(
        to=to,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
        default=None,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0003_fapiao"),
        ("matching", "0002_market_data"),
    ]
    # A partitioned table has no unique id that a reference could rest on.
    run_before = [("matching", "0005_kept_by_months")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(ADD, DROP),
                migrations.RunSQL(COPY, migrations.RunSQL.noop),
                migrations.RunSQL(REQUIRE, migrations.RunSQL.noop),
            ],
            state_operations=[
                kept("market", reference("matching.market")),
                kept("bid", reference("matching.order")),
                kept("buyer", reference("matching.participant")),
                kept("seller", reference("matching.participant")),
                kept("site", reference("matching.site")),
                *(
                    kept(name, models.IntegerField(default=None))
                    for name in ("start", "hours", "quantity", "price_fen")
                ),
                kept("traded_at", models.DateTimeField(default=None)),
            ],
        ),
        migrations.AlterField(
            model_name="obligation",
            name="trade",
            field=models.OneToOneField(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                primary_key=True,
                related_name="obligation",
                serialize=False,
                to="matching.trade",
            ),
        ),
        migrations.AlterField(
            model_name="settlementline",
            name="trade",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="settlement_lines", to="billing.obligation"
            ),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="trade",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transfers",
                to="billing.obligation",
            ),
        ),
        migrations.AddIndex(
            model_name="obligation", index=models.Index(fields=["buyer", "start"], name="obligation_buyer")
        ),
        migrations.AddIndex(
            model_name="obligation", index=models.Index(fields=["seller", "start"], name="obligation_seller")
        ),
    ]
