"""Metered delivery: readings, disputes, what runs adjust, and the runs' own kinds."""

import django.db.models.deletion
from django.db import migrations, models

FEE_LINES = """
ALTER TABLE billing_invoiceline DISABLE TRIGGER billing_invoiceline_immutable;
UPDATE billing_invoiceline SET kind = 'fee' WHERE market_id IS NULL;
ALTER TABLE billing_invoiceline ENABLE TRIGGER billing_invoiceline_immutable;
"""


def _immutable(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION billing_refuse_change()",
        f"DROP TRIGGER {table}_immutable ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0010_replace_holds"),
        ("matching", "0003_clock_mark"),
    ]

    operations = [
        migrations.CreateModel(
            name="Adjustment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hour", models.IntegerField()),
                ("kind", models.CharField(choices=[("shortfall", "Shortfall"), ("dispute", "Dispute")], max_length=9)),
                ("accelerators", models.IntegerField()),
                ("principal_fen", models.BigIntegerField()),
                ("penalty_fen", models.BigIntegerField()),
                ("buyer_fee_fen", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Dispute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hour", models.IntegerField()),
                ("accelerators", models.IntegerField()),
                ("reason", models.CharField(max_length=500)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("upheld", "Upheld"), ("rejected", "Rejected")],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("raised_by", models.CharField(max_length=254)),
                ("raised_at", models.DateTimeField()),
                ("resolution", models.CharField(blank=True, max_length=500)),
                ("resolved_by", models.CharField(blank=True, max_length=254)),
                ("resolved_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="MeterReading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hour", models.IntegerField()),
                ("accelerators", models.IntegerField()),
                ("source", models.CharField(max_length=60)),
                ("source_id", models.CharField(max_length=120)),
                ("read_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("is_ruling", models.BooleanField(default=False)),
            ],
        ),
        migrations.AlterModelOptions(
            name="settlementrun",
            options={"ordering": ["-until_hour", "-id"]},
        ),
        migrations.AddField(
            model_name="invoiceline",
            name="kind",
            field=models.CharField(
                choices=[("compute", "Compute"), ("fee", "Fee"), ("shortfall", "Shortfall")],
                default="compute",
                max_length=9,
            ),
        ),
        migrations.AddField(
            model_name="settlementrun",
            name="last_trade_id",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="settlementrun",
            name="adjustments_made",
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name="settlementrun",
            name="corrects",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deltas",
                to="billing.settlementrun",
            ),
        ),
        migrations.AddField(
            model_name="settlementrun",
            name="disputed_fen",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="settlementrun",
            name="is_stale",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="settlementrun",
            name="kind",
            field=models.CharField(
                choices=[("delivery", "Delivery"), ("delta", "Delta")], default="delivery", max_length=8
            ),
        ),
        migrations.AddField(
            model_name="settlementrun",
            name="last_reading_id",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="settlementrun",
            name="penalty_fen",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="settlementrun",
            name="principal_fen",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="settlementrun",
            name="returned_fee_fen",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="settlementrun",
            name="returned_vat_fen",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="account",
            name="kind",
            field=models.CharField(
                choices=[
                    ("funds", "Funds"),
                    ("obligations", "Obligations"),
                    ("payable", "Payable"),
                    ("receivable", "Receivable"),
                    ("clearing", "Clearing"),
                    ("disputed", "Disputed"),
                    ("fees", "Fees"),
                    ("vat", "Vat"),
                    ("bank", "Bank"),
                    ("processor", "Processor"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="rate",
            name="kind",
            field=models.CharField(
                choices=[
                    ("maker_fee", "Maker Fee"),
                    ("taker_fee", "Taker Fee"),
                    ("penalty", "Penalty"),
                    ("vat", "Vat"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="settlementrun",
            name="until_hour",
            field=models.IntegerField(),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="code",
            field=models.CharField(
                choices=[
                    ("top_up", "Top Up"),
                    ("bid_hold", "Bid Hold"),
                    ("trade", "Trade"),
                    ("trade_vat", "Trade Vat"),
                    ("settlement", "Settlement"),
                    ("fee", "Fee"),
                    ("vat", "Vat"),
                    ("shortfall", "Shortfall"),
                    ("make_good", "Make Good"),
                    ("dispute", "Dispute"),
                    ("offset", "Offset"),
                    ("payout", "Payout"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "receivable"), _negated=True),
                    ("credits_posted__lte", models.F("debits_posted")),
                    _connector="OR",
                ),
                name="account_credits_within_debits",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlementrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "delivery")), fields=("until_hour",), name="settlement_run_delivers_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="settlementrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("corrects__isnull", True), ("kind", "delivery")),
                    models.Q(("corrects__isnull", False), ("kind", "delta")),
                    _connector="OR",
                ),
                name="settlement_run_delta_corrects",
            ),
        ),
        migrations.AddField(
            model_name="adjustment",
            name="corrects",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="corrected_by",
                to="billing.adjustment",
            ),
        ),
        migrations.AddField(
            model_name="adjustment",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="adjustments", to="billing.settlementrun"
            ),
        ),
        migrations.AddField(
            model_name="adjustment",
            name="trade",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="adjustments",
                to="billing.obligation",
            ),
        ),
        migrations.AddField(
            model_name="dispute",
            name="holder",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="disputes", to="matching.participant"
            ),
        ),
        migrations.AddField(
            model_name="dispute",
            name="site",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="matching.site"
            ),
        ),
        migrations.AddField(
            model_name="adjustment",
            name="dispute",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="adjustments", to="billing.dispute"
            ),
        ),
        migrations.AddField(
            model_name="meterreading",
            name="holder",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="matching.participant"
            ),
        ),
        migrations.AddField(
            model_name="meterreading",
            name="provider",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="matching.participant"
            ),
        ),
        migrations.AddField(
            model_name="meterreading",
            name="site",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="matching.site"
            ),
        ),
        migrations.AddField(
            model_name="dispute",
            name="ruling",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="dispute",
                to="billing.meterreading",
            ),
        ),
        migrations.AddField(
            model_name="adjustment",
            name="reading",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="adjustments",
                to="billing.meterreading",
            ),
        ),
        migrations.AddIndex(
            model_name="meterreading",
            index=models.Index(fields=["hour", "site", "holder"], name="reading_hour_site_holder"),
        ),
        migrations.AddIndex(
            model_name="meterreading",
            index=models.Index(fields=["holder", "hour"], name="reading_holder_hour"),
        ),
        migrations.AddConstraint(
            model_name="meterreading",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_ruling", False)),
                fields=("provider", "source", "source_id"),
                name="reading_source_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="meterreading",
            constraint=models.CheckConstraint(
                condition=models.Q(("accelerators__gte", 0)), name="reading_not_negative"
            ),
        ),
        migrations.AddIndex(
            model_name="dispute",
            index=models.Index(fields=["hour", "site", "holder"], name="dispute_hour_site_holder"),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")), fields=("site", "hour", "holder"), name="dispute_open_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("resolved_at__isnull", True), ("ruling__isnull", True), ("state", "open")),
                    models.Q(("resolved_at__isnull", False), ("ruling__isnull", False), ("state", "upheld")),
                    models.Q(("resolved_at__isnull", False), ("ruling__isnull", True), ("state", "rejected")),
                    _connector="OR",
                ),
                name="dispute_resolved_with_its_ruling",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(("accelerators__gte", 0)), name="dispute_not_negative"
            ),
        ),
        migrations.AddIndex(
            model_name="adjustment",
            index=models.Index(fields=["hour"], name="adjustment_hour"),
        ),
        migrations.AddConstraint(
            model_name="adjustment",
            constraint=models.UniqueConstraint(fields=("trade", "hour", "kind", "run"), name="adjustment_once_a_run"),
        ),
        migrations.RunSQL(FEE_LINES, migrations.RunSQL.noop),
        _immutable("billing_meterreading"),
        _immutable("billing_adjustment"),
    ]
