"""Fees in versions by volume and participant, VAT by tax code, vouchers."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0015_report_files"),
        ("matching", "0012_changes"),
    ]

    operations = [
        migrations.CreateModel(
            name="FeeDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.IntegerField()),
                ("traded_fen", models.BigIntegerField()),
                ("volume_fen", models.BigIntegerField()),
                ("maker_fee_bps", models.IntegerField()),
                ("taker_fee_bps", models.IntegerField()),
                ("counted_to", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="FeeSchedule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_hour", models.IntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[("proposed", "Proposed"), ("approved", "Approved"), ("rejected", "Rejected")],
                        default="approved",
                        max_length=8,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("proposed_by", models.CharField(blank=True, max_length=254)),
                ("proposed_at", models.DateTimeField(null=True)),
                ("decided_by", models.CharField(blank=True, max_length=254)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "tier_volumes_fen",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "maker_fee_bps",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "taker_fee_bps",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), blank=True, default=list, size=None
                    ),
                ),
            ],
            options={
                "ordering": ["-from_hour", "-id"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="TaxStatus",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_hour", models.IntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[("proposed", "Proposed"), ("approved", "Approved"), ("rejected", "Rejected")],
                        default="approved",
                        max_length=8,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("proposed_by", models.CharField(blank=True, max_length=254)),
                ("proposed_at", models.DateTimeField(null=True)),
                ("decided_by", models.CharField(blank=True, max_length=254)),
                ("decided_at", models.DateTimeField(null=True)),
                ("tax_code", models.CharField(choices=[("services", "Services"), ("export", "Export")], max_length=12)),
            ],
            options={
                "ordering": ["-from_hour", "-id"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Voucher",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("limit_fen", models.BigIntegerField()),
                ("used_fen", models.BigIntegerField(default=0)),
                ("issued_by", models.CharField(max_length=254)),
                ("issued_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="VoucherProgramme",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("name_zh", models.CharField(blank=True, max_length=120)),
                ("sponsor", models.CharField(max_length=120)),
                ("budget_fen", models.BigIntegerField()),
                ("used_fen", models.BigIntegerField(default=0)),
                ("received_fen", models.BigIntegerField(default=0)),
                ("cap_fen", models.BigIntegerField()),
                ("start", models.IntegerField()),
                ("end", models.IntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Draft"), ("active", "Active"), ("ended", "Ended")],
                        default="draft",
                        max_length=6,
                    ),
                ),
                ("created_by", models.CharField(max_length=254)),
                ("created_at", models.DateTimeField()),
                ("activated_by", models.CharField(blank=True, max_length=254)),
                ("activated_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(blank=True, max_length=254)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="VoucherRate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("share_bps", models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="VoucherUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.IntegerField()),
                ("base_fen", models.BigIntegerField()),
                ("amount_fen", models.BigIntegerField()),
            ],
        ),
        migrations.AlterModelOptions(
            name="rate",
            options={"ordering": ["-from_hour", "-id"]},
        ),
        migrations.RemoveConstraint(
            model_name="rate",
            name="rate_kind_from",
        ),
        migrations.AddField(
            model_name="invoice",
            name="voucher_fen",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="hold",
            name="fee_bps",
            field=models.IntegerField(default=10000),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="rate",
            name="decided_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="rate",
            name="decided_by",
            field=models.CharField(blank=True, max_length=254),
        ),
        migrations.AddField(
            model_name="rate",
            name="proposed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="rate",
            name="proposed_by",
            field=models.CharField(blank=True, max_length=254),
        ),
        migrations.AddField(
            model_name="rate",
            name="reason",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="rate",
            name="state",
            field=models.CharField(
                choices=[("proposed", "Proposed"), ("approved", "Approved"), ("rejected", "Rejected")],
                default="approved",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="rate",
            name="tax_code",
            field=models.CharField(blank=True, choices=[("services", "Services"), ("export", "Export")], max_length=12),
        ),
        migrations.AddField(
            model_name="replacehold",
            name="fee_bps",
            field=models.IntegerField(null=True),
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
                    ("allowances", "Allowances"),
                    ("vat", "Vat"),
                    ("subsidy", "Subsidy"),
                    ("bank", "Bank"),
                    ("bad_debt", "Bad Debt"),
                    ("processor", "Processor"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="rate",
            name="kind",
            field=models.CharField(choices=[("penalty", "Penalty"), ("vat", "Vat")], max_length=12),
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
                    ("write_off", "Write Off"),
                    ("payout", "Payout"),
                    ("credit_note", "Credit Note"),
                    ("voucher", "Voucher"),
                    ("sponsor", "Sponsor"),
                ],
                max_length=12,
            ),
        ),
        migrations.RunSQL("UPDATE billing_rate SET tax_code = 'services' WHERE kind = 'vat'", migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="rate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "approved"), _negated=True),
                    ("proposed_by", ""),
                    models.Q(
                        models.Q(("decided_by", ""), _negated=True),
                        models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="rate_approved_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="rate",
            constraint=models.CheckConstraint(
                condition=models.Q(("bps__gte", 0), ("bps__lte", 10000)), name="rate_within_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="rate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "vat"), _negated=True), models.Q(("tax_code", ""), _negated=True), _connector="OR"
                ),
                name="rate_vat_has_code",
            ),
        ),
        migrations.AddField(
            model_name="feeday",
            name="participant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="fee_days", to="matching.participant"
            ),
        ),
        migrations.AddField(
            model_name="feeschedule",
            name="participant",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="fee_schedules",
                to="matching.participant",
            ),
        ),
        migrations.AddField(
            model_name="feeday",
            name="schedule",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="days",
                to="billing.feeschedule",
            ),
        ),
        migrations.AddField(
            model_name="taxstatus",
            name="participant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="tax_statuses", to="matching.participant"
            ),
        ),
        migrations.AddField(
            model_name="voucher",
            name="participant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="vouchers", to="matching.participant"
            ),
        ),
        migrations.AddConstraint(
            model_name="voucherprogramme",
            constraint=models.CheckConstraint(
                condition=models.Q(("used_fen__gte", 0), ("used_fen__lte", models.F("budget_fen"))),
                name="voucher_programme_within_budget",
            ),
        ),
        migrations.AddConstraint(
            model_name="voucherprogramme",
            constraint=models.CheckConstraint(
                condition=models.Q(("end__gt", models.F("start"))), name="voucher_programme_hours"
            ),
        ),
        migrations.AddConstraint(
            model_name="voucherprogramme",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "active"), _negated=True),
                    models.Q(
                        models.Q(("activated_by", ""), _negated=True),
                        models.Q(("activated_by", models.F("created_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="voucher_programme_activated_by_another",
            ),
        ),
        migrations.AddField(
            model_name="voucher",
            name="programme",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="vouchers", to="billing.voucherprogramme"
            ),
        ),
        migrations.AddField(
            model_name="voucherrate",
            name="compute_class",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="matching.computeclass"
            ),
        ),
        migrations.AddField(
            model_name="voucherrate",
            name="programme",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="rates", to="billing.voucherprogramme"
            ),
        ),
        migrations.AddField(
            model_name="voucheruse",
            name="compute_class",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="matching.computeclass"
            ),
        ),
        migrations.AddField(
            model_name="voucheruse",
            name="run",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="voucher_uses",
                to="billing.settlementrun",
            ),
        ),
        migrations.AddField(
            model_name="voucheruse",
            name="note",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="voucher_uses",
                to="billing.invoice",
            ),
        ),
        migrations.AddField(
            model_name="voucheruse",
            name="voucher",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="uses", to="billing.voucher"
            ),
        ),
        migrations.AddConstraint(
            model_name="feeschedule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "approved"), _negated=True),
                    ("proposed_by", ""),
                    models.Q(
                        models.Q(("decided_by", ""), _negated=True),
                        models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="feeschedule_approved_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="feeschedule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("participant__isnull", False), ("tier_volumes_fen", [])),
                    ("tier_volumes_fen__0", 0),
                    _connector="OR",
                ),
                name="fee_schedule_first_tier_is_0",
            ),
        ),
        migrations.AddConstraint(
            model_name="feeday",
            constraint=models.UniqueConstraint(fields=("participant", "day"), name="fee_day_participant"),
        ),
        migrations.AddConstraint(
            model_name="taxstatus",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "approved"), _negated=True),
                    ("proposed_by", ""),
                    models.Q(
                        models.Q(("decided_by", ""), _negated=True),
                        models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="taxstatus_approved_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="voucher",
            constraint=models.UniqueConstraint(fields=("programme", "participant"), name="voucher_once"),
        ),
        migrations.AddConstraint(
            model_name="voucher",
            constraint=models.CheckConstraint(
                condition=models.Q(("used_fen__gte", 0), ("used_fen__lte", models.F("limit_fen"))),
                name="voucher_within_limit",
            ),
        ),
        migrations.AddConstraint(
            model_name="voucherrate",
            constraint=models.UniqueConstraint(fields=("programme", "compute_class"), name="voucher_rate_class"),
        ),
        migrations.AddConstraint(
            model_name="voucherrate",
            constraint=models.CheckConstraint(
                condition=models.Q(("share_bps__gte", 1), ("share_bps__lte", 10000)), name="voucher_rate_within_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="voucheruse",
            constraint=models.UniqueConstraint(
                fields=("voucher", "run", "compute_class"), name="voucher_use_once_a_run"
            ),
        ),
        migrations.AddConstraint(
            model_name="voucheruse",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("note__isnull", True), ("run__isnull", False)),
                    models.Q(("note__isnull", False), ("run__isnull", True)),
                    _connector="OR",
                ),
                name="voucher_use_has_its_cause",
            ),
        ),
    ]
