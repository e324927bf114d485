import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from matching.create_models import CreateModels


class Migration(migrations.Migration):
    replaces = [("billing", "0001_initial")]

    initial = True

    dependencies = [
        ("matching", "0002_kept_by_months"),
    ]

    operations = [
        migrations.CreateModel(
            name="BankStatement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("file_name", models.CharField(max_length=200)),
                ("opening_fen", models.BigIntegerField(null=True)),
                ("closing_fen", models.BigIntegerField(null=True)),
                ("closing_on", models.DateField()),
                ("imported_by", models.CharField(max_length=254)),
                ("imported_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["-closing_on", "-id"],
            },
        ),
        migrations.CreateModel(
            name="ClearingCursor",
            fields=[
                (
                    "market",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="clearing_cursor",
                        serialize=False,
                        to="matching.market",
                    ),
                ),
                ("sequence", models.BigIntegerField(default=0)),
                ("closed_until", models.IntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="DunningNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("level", models.SmallIntegerField()),
                ("open_fen", models.BigIntegerField()),
                ("language", models.CharField(max_length=8)),
                ("written_at", models.DateTimeField()),
                ("sent_to", models.CharField(blank=True, max_length=2000)),
                ("sent_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("level__gte", 1), ("level__lte", 3)), name="dunning_notice_level"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Invoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("invoice", "Invoice"),
                            ("statement", "Statement"),
                            ("fee", "Fee"),
                            ("credit", "Credit"),
                            ("debit", "Debit"),
                        ],
                        max_length=10,
                    ),
                ),
                ("series", models.CharField(max_length=4)),
                ("year", models.IntegerField()),
                ("sequence", models.IntegerField()),
                ("number", models.CharField(max_length=24, unique=True)),
                ("start", models.IntegerField()),
                ("end", models.IntegerField()),
                ("issued_at", models.DateTimeField()),
                ("buyer", models.JSONField()),
                ("seller", models.JSONField()),
                ("net_fen", models.BigIntegerField()),
                ("vat_fen", models.BigIntegerField()),
                ("total_fen", models.BigIntegerField()),
                ("voucher_fen", models.BigIntegerField(default=0)),
                ("vat_rate_bps", models.IntegerField()),
                ("accelerator_hours", models.BigIntegerField()),
                (
                    "cause",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("error", "Error"),
                            ("return", "Return"),
                            ("suspended", "Suspended"),
                            ("allowance", "Allowance"),
                        ],
                        max_length=9,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("issued_by", models.CharField(blank=True, max_length=254)),
                ("check_code", models.CharField(max_length=64)),
                (
                    "corrects",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="billing.invoice",
                    ),
                ),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="invoices", to="matching.participant"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("series", "year", "sequence"), name="invoice_series_sequence"),
                    models.UniqueConstraint(
                        condition=models.Q(("corrects__isnull", True)),
                        fields=("kind", "participant", "start"),
                        name="invoice_once_a_period",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("corrects__isnull", False),
                                ("kind__in", ["credit", "debit"]),
                                ("total_fen__gt", 0),
                                models.Q(("cause", ""), _negated=True),
                            ),
                            models.Q(("corrects__isnull", True), ("kind__in", ["invoice", "statement", "fee"])),
                            _connector="OR",
                        ),
                        name="invoice_note_corrects",
                    ),
                ],
            },
        ),
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
            name="Reliability",
            fields=[
                (
                    "provider",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="reliability",
                        serialize=False,
                        to="matching.participant",
                    ),
                ),
                ("sold_30", models.BigIntegerField()),
                ("short_30", models.BigIntegerField()),
                ("disputes_lost_30", models.IntegerField()),
                ("late_handovers_30", models.IntegerField()),
                ("sold_90", models.BigIntegerField()),
                ("short_90", models.BigIntegerField()),
                ("disputes_lost_90", models.IntegerField()),
                ("late_handovers_90", models.IntegerField()),
                ("score_bps", models.IntegerField(db_index=True, null=True)),
                ("computed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="AccessHandover",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start", models.IntegerField()),
                ("hours", models.IntegerField()),
                ("sealed", models.BinaryField()),
                ("by", models.CharField(max_length=254)),
                ("handed_over_at", models.DateTimeField()),
                (
                    "holder",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matching.participant",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matching.site",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["holder", "site", "start"], name="access_holder_site_start"),
                    models.Index(fields=["site", "start"], name="access_site_start"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("hours__gte", 1)), name="access_hours_positive")
                ],
            },
        ),
        migrations.CreateModel(
            name="AccessOpening",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("who", models.CharField(max_length=254)),
                ("at", models.DateTimeField()),
                (
                    "handover",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="openings",
                        to="billing.accesshandover",
                    ),
                ),
                (
                    "participant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matching.participant",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
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
                ("debits_pending", models.BigIntegerField(default=0)),
                ("debits_posted", models.BigIntegerField(default=0)),
                ("credits_pending", models.BigIntegerField(default=0)),
                ("credits_posted", models.BigIntegerField(default=0)),
                ("credit_fen", models.BigIntegerField(db_default=0, default=0)),
                ("overdraft_fen", models.BigIntegerField(db_default=0, default=0)),
                ("bids_stopped_at", models.DateTimeField(null=True)),
                (
                    "participant",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accounts",
                        to="matching.participant",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("participant", "kind"), name="account_kind", nulls_distinct=False),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("debits_pending__gte", 0),
                            ("debits_posted__gte", 0),
                            ("credits_pending__gte", 0),
                            ("credits_posted__gte", 0),
                        ),
                        name="account_balances_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind__in", ["funds", "obligations", "payable"]), _negated=True),
                            (
                                "debits_pending__lte",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("credits_posted"), "-", models.F("debits_posted")
                                    ),
                                    "+",
                                    models.F("overdraft_fen"),
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="account_debits_within_credits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("credit_fen__gte", 0),
                            ("overdraft_fen__gte", models.F("credit_fen")),
                            models.Q(("kind", "funds"), ("overdraft_fen", 0), _connector="OR"),
                        ),
                        name="account_credit_of_funds",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "receivable"), _negated=True),
                            ("credits_posted__lte", models.F("debits_posted")),
                            _connector="OR",
                        ),
                        name="account_credits_within_debits",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CreditLimit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("limit_fen", models.BigIntegerField()),
                ("currency", models.CharField(default="CNY", max_length=3)),
                ("terms_days", models.SmallIntegerField()),
                (
                    "language",
                    models.CharField(choices=[("zh-hans", "Zh Hans"), ("en", "En")], default="zh-hans", max_length=8),
                ),
                ("from_day", models.DateField()),
                ("reason", models.CharField(max_length=500)),
                (
                    "state",
                    models.CharField(
                        choices=[("asked", "Asked"), ("approved", "Approved"), ("refused", "Refused")],
                        default="asked",
                        max_length=8,
                    ),
                ),
                ("asked_by", models.CharField(max_length=254)),
                ("asked_at", models.DateTimeField()),
                ("decided_by", models.CharField(blank=True, max_length=254)),
                ("decided_at", models.DateTimeField(null=True)),
                ("applied_at", models.DateTimeField(null=True)),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_limits",
                        to="matching.participant",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("limit_fen__gte", 0)), name="credit_limit_not_negative"),
                    models.CheckConstraint(
                        condition=models.Q(("terms_days__gte", 0), ("terms_days__lte", 365)), name="credit_limit_terms"
                    ),
                    models.CheckConstraint(condition=models.Q(("currency", "CNY")), name="credit_limit_in_yuan"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("state", "asked")),
                            models.Q(
                                ("decided_at__isnull", False),
                                models.Q(("decided_by", ""), _negated=True),
                                models.Q(("state", "asked"), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="credit_limit_decided",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "approved"), _negated=True),
                            models.Q(("decided_by", models.F("asked_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="credit_limit_approved_by_a_second_person",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "asked")), fields=("participant",), name="credit_limit_asked_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Fapiao",
            fields=[
                (
                    "invoice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="fapiao",
                        serialize=False,
                        to="billing.invoice",
                    ),
                ),
                ("number", models.CharField(max_length=20, unique=True)),
                ("confirmation", models.CharField(blank=True, max_length=32)),
                ("issued_on", models.DateField()),
                ("imported_at", models.DateTimeField()),
                ("imported_by", models.CharField(max_length=254)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("number__regex", "^[0-9]{20}$")), name="fapiao_number_has_20_digits"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="InvoiceDue",
            fields=[
                (
                    "invoice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="due",
                        serialize=False,
                        to="billing.invoice",
                    ),
                ),
                ("terms_days", models.SmallIntegerField()),
                ("due_on", models.DateField()),
                ("total_fen", models.BigIntegerField()),
                ("paid_fen", models.BigIntegerField(default=0)),
                (
                    "open_fen",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.expressions.CombinedExpression(
                            models.F("total_fen"), "-", models.F("paid_fen")
                        ),
                        output_field=models.BigIntegerField(),
                    ),
                ),
                ("level", models.SmallIntegerField(default=0)),
                ("held_reason", models.CharField(blank=True, max_length=500)),
                ("held_by", models.CharField(blank=True, max_length=254)),
                ("held_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["due_on", "invoice_id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("paid_fen__gte", 0), ("paid_fen__lte", models.F("total_fen"))),
                        name="invoice_due_paid_within_total",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("level__gte", 0), ("level__lte", 3)), name="invoice_due_level"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("held_at__isnull", True), ("held_reason", "")),
                            models.Q(("held_at__isnull", False), models.Q(("held_reason", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="invoice_due_held_for_a_reason",
                    ),
                ],
            },
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
                (
                    "participant",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fee_schedules",
                        to="matching.participant",
                    ),
                ),
            ],
            options={
                "ordering": ["-from_hour", "-id"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
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
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("participant__isnull", False), ("tier_volumes_fen", [])),
                            ("tier_volumes_fen__0", 0),
                            _connector="OR",
                        ),
                        name="fee_schedule_first_tier_is_0",
                    ),
                ],
            },
        ),
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
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="fee_days", to="matching.participant"
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="days",
                        to="billing.feeschedule",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("participant", "day"), name="fee_day_participant")],
            },
        ),
        migrations.CreateModel(
            name="InvoiceLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.SmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("compute", "Compute"),
                            ("fee", "Fee"),
                            ("shortfall", "Shortfall"),
                            ("allowance", "Allowance"),
                        ],
                        default="compute",
                        max_length=9,
                    ),
                ),
                ("item", models.CharField(max_length=120)),
                ("item_zh", models.CharField(max_length=120)),
                ("specification", models.CharField(blank=True, max_length=80)),
                ("specification_zh", models.CharField(blank=True, max_length=80)),
                ("quantity", models.BigIntegerField()),
                ("amount_fen", models.BigIntegerField()),
                ("vat_fen", models.BigIntegerField()),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="billing.invoice"
                    ),
                ),
                (
                    "market",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="matching.market"
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "constraints": [models.UniqueConstraint(fields=("invoice", "position"), name="invoice_line_position")],
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
                (
                    "holder",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matching.participant",
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matching.participant",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matching.site",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["hour", "site", "holder"], name="reading_hour_site_holder"),
                    models.Index(fields=["holder", "hour"], name="reading_holder_hour"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_ruling", False)),
                        fields=("provider", "source", "source_id"),
                        name="reading_source_id",
                    ),
                    models.CheckConstraint(condition=models.Q(("accelerators__gte", 0)), name="reading_not_negative"),
                ],
            },
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
                (
                    "holder",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="disputes", to="matching.participant"
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matching.site",
                    ),
                ),
                (
                    "ruling",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="dispute",
                        to="billing.meterreading",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["hour", "site", "holder"], name="dispute_hour_site_holder")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("site", "hour", "holder"),
                        name="dispute_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("resolved_at__isnull", True), ("ruling__isnull", True), ("state", "open")),
                            models.Q(("resolved_at__isnull", False), ("ruling__isnull", False), ("state", "upheld")),
                            models.Q(("resolved_at__isnull", False), ("ruling__isnull", True), ("state", "rejected")),
                            _connector="OR",
                        ),
                        name="dispute_resolved_with_its_ruling",
                    ),
                    models.CheckConstraint(condition=models.Q(("accelerators__gte", 0)), name="dispute_not_negative"),
                ],
            },
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
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("reopened_at__isnull", True)), fields=("month",), name="month_closed_once"
                    ),
                    models.CheckConstraint(
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
                ],
            },
        ),
        migrations.CreateModel(
            name="CloseRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("asked_by", models.CharField(max_length=254)),
                ("asked_at", models.DateTimeField()),
                ("agreed_by", models.CharField(blank=True, max_length=254)),
                ("withdrawn_by", models.CharField(blank=True, max_length=254)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "closing",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="request",
                        to="billing.monthclosing",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closing__isnull", True), ("withdrawn_at__isnull", True)),
                        fields=("month",),
                        name="close_request_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("agreed_by", ""), ("closing__isnull", True)),
                            models.Q(
                                models.Q(("agreed_by", ""), _negated=True),
                                models.Q(("agreed_by", models.F("asked_by")), _negated=True),
                                ("closing__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="close_agreed_by_a_second_person",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NumberSeries",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("series", models.CharField(max_length=4)),
                ("year", models.IntegerField()),
                ("last", models.IntegerField(default=0)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("series", "year"), name="number_series_year")],
            },
        ),
        migrations.CreateModel(
            name="Obligation",
            fields=[
                (
                    "trade",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="obligation",
                        serialize=False,
                        to="matching.trade",
                    ),
                ),
                ("start", models.IntegerField()),
                ("hours", models.IntegerField()),
                ("quantity", models.IntegerField()),
                ("price_fen", models.IntegerField()),
                ("traded_at", models.DateTimeField()),
                ("buyer_fee_bps", models.IntegerField()),
                ("seller_fee_bps", models.IntegerField()),
                ("settled_until", models.IntegerField()),
                ("settled_value_fen", models.BigIntegerField(default=0)),
                ("is_settled", models.BooleanField(default=False)),
                (
                    "bid",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matching.order",
                    ),
                ),
                (
                    "buyer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matching.participant",
                    ),
                ),
                (
                    "market",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matching.market",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matching.participant",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matching.site",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_settled", False)), fields=["settled_until"], name="obligation_unsettled"
                    ),
                    models.Index(fields=["buyer", "start"], name="obligation_buyer"),
                    models.Index(fields=["seller", "start"], name="obligation_seller"),
                ],
                "constraints": [],
            },
        ),
        migrations.CreateModel(
            name="PaymentEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("method", models.CharField(max_length=20)),
                ("event_id", models.CharField(max_length=120)),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("method", "event_id"), name="payment_event_once")],
            },
        ),
        migrations.CreateModel(
            name="PayoutBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("approved", "Approved"),
                            ("sent", "Sent"),
                            ("dropped", "Dropped"),
                        ],
                        default="draft",
                        max_length=8,
                    ),
                ),
                ("minimum_fen", models.BigIntegerField()),
                ("prepared_by", models.CharField(max_length=254)),
                ("prepared_at", models.DateTimeField()),
                ("approved_by", models.CharField(blank=True, max_length=254)),
                ("approved_at", models.DateTimeField(null=True)),
                ("sent_by", models.CharField(blank=True, max_length=254)),
                ("sent_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["draft", "dropped"]),
                            models.Q(
                                ("approved_at__isnull", False),
                                models.Q(("approved_by", ""), _negated=True),
                                models.Q(("approved_by", models.F("prepared_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="payout_batch_approved_by_a_second_person",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Rate",
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
                ("kind", models.CharField(choices=[("penalty", "Penalty"), ("vat", "Vat")], max_length=12)),
                (
                    "tax_code",
                    models.CharField(
                        blank=True, choices=[("services", "Services"), ("export", "Export")], max_length=12
                    ),
                ),
                ("bps", models.IntegerField()),
            ],
            options={
                "ordering": ["-from_hour", "-id"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
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
                    models.CheckConstraint(
                        condition=models.Q(("bps__gte", 0), ("bps__lte", 10000)), name="rate_within_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "vat"), _negated=True),
                            models.Q(("tax_code", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="rate_vat_has_code",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReportFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("report", models.CharField(max_length=40)),
                ("format", models.CharField(max_length=8)),
                ("asked", models.JSONField()),
                ("asked_by", models.CharField(max_length=254)),
                ("asked_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("stopped", "Stopped"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("attempts", models.SmallIntegerField(default=0)),
                ("rows_expected", models.BigIntegerField()),
                ("rows_written", models.BigIntegerField(default=0)),
                ("finished_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                ("file", models.FileField(blank=True, max_length=200, upload_to="")),
                ("bytes", models.BigIntegerField(default=0)),
                ("fault", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "running"])),
                        fields=["id"],
                        name="report_file_to_do",
                    ),
                    models.Index(
                        condition=models.Q(("file", ""), _negated=True),
                        fields=["expires_at"],
                        name="report_file_expires",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "done"), _negated=True),
                            models.Q(("expires_at__isnull", False), ("finished_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="report_file_done",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReportSubscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person", models.CharField(max_length=254)),
                ("report", models.CharField(max_length=40)),
                ("format", models.CharField(max_length=8)),
                ("asked", models.JSONField()),
                (
                    "every",
                    models.CharField(choices=[("day", "Day"), ("week", "Week"), ("month", "Month")], max_length=5),
                ),
                ("at_hour", models.SmallIntegerField()),
                ("time_zone", models.CharField(max_length=40)),
                ("language", models.CharField(max_length=10)),
                ("next_at", models.DateTimeField()),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at__isnull", True)), fields=["next_at"], name="subscription_due"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("at_hour__gte", 0), ("at_hour__lte", 23)),
                        name="subscription_hour_of_the_day",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReportMailing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("dropped", models.CharField(blank=True, max_length=120)),
                (
                    "file",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="mailing", to="billing.reportfile"
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mailings",
                        to="billing.reportsubscription",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("dropped", ""), ("sent_at__isnull", True)),
                        fields=["id"],
                        name="mailing_to_send",
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("subscription", "due_at"), name="mailing_once")],
            },
        ),
        migrations.CreateModel(
            name="SettlementRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("delivery", "Delivery"), ("delta", "Delta")], default="delivery", max_length=8
                    ),
                ),
                ("from_hour", models.IntegerField()),
                ("until_hour", models.IntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "Running"), ("done", "Done")], default="running", max_length=8
                    ),
                ),
                ("last_trade_id", models.BigIntegerField(default=0)),
                ("last_reading_id", models.BigIntegerField(default=0)),
                ("is_stale", models.BooleanField(default=False)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("lines", models.BigIntegerField(default=0)),
                ("value_fen", models.BigIntegerField(default=0)),
                ("buyer_fee_fen", models.BigIntegerField(default=0)),
                ("seller_fee_fen", models.BigIntegerField(default=0)),
                ("vat_fen", models.BigIntegerField(default=0)),
                ("adjustments_made", models.IntegerField(default=0)),
                ("principal_fen", models.BigIntegerField(default=0)),
                ("penalty_fen", models.BigIntegerField(default=0)),
                ("returned_fee_fen", models.BigIntegerField(default=0)),
                ("returned_vat_fen", models.BigIntegerField(default=0)),
                ("disputed_fen", models.BigIntegerField(default=0)),
                (
                    "corrects",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deltas",
                        to="billing.settlementrun",
                    ),
                ),
            ],
            options={
                "ordering": ["-until_hour", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "delivery")),
                        fields=("until_hour",),
                        name="settlement_run_delivers_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("corrects__isnull", True), ("kind", "delivery")),
                            models.Q(("corrects__isnull", False), ("kind", "delta")),
                            _connector="OR",
                        ),
                        name="settlement_run_delta_corrects",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("until_hour__gt", models.F("from_hour"))), name="settlement_run_hours"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SettlementLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start", models.IntegerField()),
                ("hours", models.IntegerField()),
                ("accelerator_hours", models.BigIntegerField()),
                ("value_fen", models.BigIntegerField()),
                ("buyer_fee_fen", models.BigIntegerField()),
                ("seller_fee_fen", models.BigIntegerField()),
                (
                    "trade",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="settlement_lines",
                        to="billing.obligation",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="settlement_lines",
                        to="billing.settlementrun",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("trade", "start"), name="settlement_line_once")],
            },
        ),
        migrations.AddField(
            model_name="invoice",
            name="run",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notes",
                to="billing.settlementrun",
            ),
        ),
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
                (
                    "corrects",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="billing.adjustment",
                    ),
                ),
                (
                    "dispute",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjustments",
                        to="billing.dispute",
                    ),
                ),
                (
                    "reading",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjustments",
                        to="billing.meterreading",
                    ),
                ),
                (
                    "trade",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjustments",
                        to="billing.obligation",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjustments",
                        to="billing.settlementrun",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["hour"], name="adjustment_hour")],
                "constraints": [
                    models.UniqueConstraint(fields=("trade", "hour", "kind", "run"), name="adjustment_once_a_run")
                ],
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
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tax_statuses",
                        to="matching.participant",
                    ),
                ),
            ],
            options={
                "ordering": ["-from_hour", "-id"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
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
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Transfer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount_fen", models.BigIntegerField()),
                (
                    "code",
                    models.CharField(
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
                (
                    "phase",
                    models.CharField(
                        choices=[("posted", "Posted"), ("pending", "Pending"), ("post", "Post"), ("void", "Void")],
                        default="posted",
                        max_length=8,
                    ),
                ),
                ("key", models.CharField(max_length=120, null=True)),
                ("payload_hash", models.BinaryField(max_length=32, null=True)),
                ("at", models.DateTimeField()),
                ("seal", models.BigIntegerField()),
                (
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="billing.transfer",
                    ),
                ),
                (
                    "credit_account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credits",
                        to="billing.account",
                    ),
                ),
                (
                    "debit_account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="debits",
                        to="billing.account",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transfers",
                        to="matching.order",
                    ),
                ),
                (
                    "participant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matching.participant",
                    ),
                ),
                (
                    "pending",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resolutions",
                        to="billing.transfer",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transfers",
                        to="billing.settlementrun",
                    ),
                ),
                (
                    "trade",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transfers",
                        to="billing.obligation",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["debit_account", "at"], name="transfer_debits_by_time"),
                    models.Index(fields=["credit_account", "at"], name="transfer_credits_by_time"),
                    django.contrib.postgres.indexes.BrinIndex(fields=["at"], name="transfer_by_time"),
                    models.Index(condition=models.Q(("run__isnull", False)), fields=["run"], name="transfer_run"),
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)),
                        fields=["corrects"],
                        name="transfer_corrections",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("pending__isnull", False)),
                        fields=("pending",),
                        name="transfer_pending_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("key__isnull", False)), fields=("key",), name="transfer_key_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("key__isnull", True), ("payload_hash__isnull", True)),
                            models.Q(("key__isnull", False), ("payload_hash__isnull", False)),
                            _connector="OR",
                        ),
                        name="transfer_key_has_payload_hash",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount_fen__gte", 0)), name="transfer_amount_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("debit_account", models.F("credit_account")), _negated=True),
                        name="transfer_between_two_accounts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("pending__isnull", False), ("phase__in", ["post", "void"])),
                            models.Q(("pending__isnull", True), ("phase__in", ["posted", "pending"])),
                            _connector="OR",
                        ),
                        name="transfer_resolution_names_pending",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TopUp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("method", models.CharField(max_length=20)),
                ("key", models.CharField(max_length=64)),
                ("amount_fen", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("waiting", "Waiting"),
                            ("paid", "Paid"),
                            ("failed", "Failed"),
                            ("expired", "Expired"),
                            ("mismatch", "Mismatch"),
                        ],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("reference", models.CharField(max_length=120, null=True)),
                ("page_url", models.TextField(blank=True)),
                ("note", models.CharField(blank=True, max_length=200)),
                ("started_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "participant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="top_ups",
                        to="matching.participant",
                    ),
                ),
                (
                    "transfer",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="top_up",
                        to="billing.transfer",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["open", "waiting"])),
                        fields=["started_at"],
                        name="top_up_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("participant", "key"), name="top_up_key"),
                    models.UniqueConstraint(
                        condition=models.Q(("reference__isnull", False)),
                        fields=("method", "reference"),
                        name="top_up_reference",
                    ),
                    models.CheckConstraint(condition=models.Q(("amount_fen__gte", 1)), name="top_up_amount_positive"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "paid"), ("transfer__isnull", False)),
                            models.Q(models.Q(("state", "paid"), _negated=True), ("transfer__isnull", True)),
                            _connector="OR",
                        ),
                        name="top_up_paid_is_booked",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReplaceHold",
            fields=[
                (
                    "command",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="matching.command",
                    ),
                ),
                ("unit_fen", models.IntegerField(null=True)),
                ("fee_bps", models.IntegerField(null=True)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="replace_holds", to="matching.order"
                    ),
                ),
                (
                    "pending",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.transfer"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Payout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount_fen", models.BigIntegerField()),
                ("payee", models.CharField(max_length=200)),
                ("bank_account", models.CharField(max_length=120)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("reserved", "Reserved"),
                            ("paid", "Paid"),
                            ("failed", "Failed"),
                            ("returned", "Returned"),
                            ("dropped", "Dropped"),
                        ],
                        default="reserved",
                        max_length=8,
                    ),
                ),
                ("bank_reference", models.CharField(blank=True, max_length=100)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="payouts", to="matching.participant"
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="payouts", to="billing.payoutbatch"
                    ),
                ),
                (
                    "pending",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="payout", to="billing.transfer"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("batch", "participant"), name="payout_once_a_batch"),
                    models.UniqueConstraint(
                        condition=models.Q(("bank_reference", ""), _negated=True),
                        fields=("bank_reference",),
                        name="payout_bank_reference_once",
                    ),
                    models.CheckConstraint(condition=models.Q(("amount_fen__gte", 1)), name="payout_amount_positive"),
                ],
            },
        ),
        migrations.AddField(
            model_name="obligation",
            name="pending",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="billing.transfer",
            ),
        ),
        migrations.CreateModel(
            name="InvoicePayment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("prepaid", "Prepaid"),
                            ("payment", "Payment"),
                            ("returned", "Returned"),
                            ("write_off", "Write Off"),
                        ],
                        max_length=9,
                    ),
                ),
                ("amount_fen", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "transfer",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.transfer"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("amount_fen__lt", 0), ("kind", "returned")),
                            models.Q(models.Q(("kind", "returned"), _negated=True), ("amount_fen__gt", 0)),
                            _connector="OR",
                        ),
                        name="invoice_payment_sign",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                (
                    "order",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="hold",
                        serialize=False,
                        to="matching.order",
                    ),
                ),
                ("unit_fen", models.IntegerField()),
                ("fee_bps", models.IntegerField()),
                ("accelerator_hours", models.BigIntegerField()),
                (
                    "pending",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.transfer",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Correction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount_fen", models.BigIntegerField()),
                ("reason", models.CharField(max_length=500)),
                (
                    "state",
                    models.CharField(
                        choices=[("asked", "Asked"), ("approved", "Approved"), ("refused", "Refused")],
                        default="asked",
                        max_length=8,
                    ),
                ),
                ("asked_by", models.CharField(max_length=254)),
                ("asked_at", models.DateTimeField()),
                ("decided_by", models.CharField(blank=True, max_length=254)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "posted",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="correction",
                        to="billing.transfer",
                    ),
                ),
                (
                    "transfer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="correction_requests",
                        to="billing.transfer",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "asked")), fields=("transfer",), name="correction_asked_once"
                    ),
                    models.CheckConstraint(condition=models.Q(("amount_fen__gt", 0)), name="correction_takes_back"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("posted__isnull", True), ("state", "asked")),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("posted__isnull", False),
                                ("state", "approved"),
                                models.Q(("decided_by", models.F("asked_by")), _negated=True),
                            ),
                            models.Q(("decided_at__isnull", False), ("posted__isnull", True), ("state", "refused")),
                            _connector="OR",
                        ),
                        name="correction_decided_by_a_second_person",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BankLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.CharField(max_length=100, unique=True)),
                ("booked_on", models.DateField()),
                ("amount_fen", models.BigIntegerField()),
                ("counterparty", models.CharField(blank=True, max_length=200)),
                ("counterparty_account", models.CharField(blank=True, max_length=120)),
                ("text", models.CharField(blank=True, max_length=500)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("booked", "Booked"), ("set_aside", "Set Aside")],
                        default="open",
                        max_length=9,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300)),
                ("handled_by", models.CharField(blank=True, max_length=254)),
                ("handled_at", models.DateTimeField(null=True)),
                (
                    "statement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="billing.bankstatement"
                    ),
                ),
                (
                    "payout",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bank_lines",
                        to="billing.payout",
                    ),
                ),
                (
                    "transfer",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bank_line",
                        to="billing.transfer",
                    ),
                ),
            ],
            options={
                "ordering": ["booked_on", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "open")), fields=["booked_on", "id"], name="bank_line_open"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_fen", 0), _negated=True), name="bank_line_moves"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "booked"), _negated=True),
                            ("transfer__isnull", False),
                            ("payout__isnull", False),
                            _connector="OR",
                        ),
                        name="bank_line_booked_as_something",
                    ),
                ],
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
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("code", "debit_kind", "credit_kind"), name="transfer_rule_pair")
                ],
            },
        ),
        migrations.CreateModel(
            name="VatPeriod",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start", models.IntegerField()),
                ("rate_bps", models.IntegerField()),
                ("settled_base_fen", models.BigIntegerField(default=0)),
                ("unsettled_base_fen", models.BigIntegerField(default=0)),
                ("posted_fen", models.BigIntegerField(default=0)),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="vat_periods",
                        to="matching.participant",
                    ),
                ),
                (
                    "pending",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.transfer"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("participant", "start"), name="vat_period_participant"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("settled_base_fen__gte", 0), ("unsettled_base_fen__gte", 0), ("posted_fen__gte", 0)
                        ),
                        name="vat_period_not_negative",
                    ),
                ],
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
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("used_fen__gte", 0), ("used_fen__lte", models.F("budget_fen"))),
                        name="voucher_programme_within_budget",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("end__gt", models.F("start"))), name="voucher_programme_hours"
                    ),
                    models.CheckConstraint(
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
                ],
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
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="vouchers", to="matching.participant"
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="vouchers",
                        to="billing.voucherprogramme",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("programme", "participant"), name="voucher_once"),
                    models.CheckConstraint(
                        condition=models.Q(("used_fen__gte", 0), ("used_fen__lte", models.F("limit_fen"))),
                        name="voucher_within_limit",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VoucherRate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("share_bps", models.IntegerField()),
                (
                    "compute_class",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="matching.computeclass"
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rates", to="billing.voucherprogramme"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("programme", "compute_class"), name="voucher_rate_class"),
                    models.CheckConstraint(
                        condition=models.Q(("share_bps__gte", 1), ("share_bps__lte", 10000)),
                        name="voucher_rate_within_one",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VoucherUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.IntegerField()),
                ("base_fen", models.BigIntegerField()),
                ("amount_fen", models.BigIntegerField()),
                (
                    "compute_class",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="matching.computeclass"
                    ),
                ),
                (
                    "note",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="voucher_uses",
                        to="billing.invoice",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="voucher_uses",
                        to="billing.settlementrun",
                    ),
                ),
                (
                    "voucher",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="uses", to="billing.voucher"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("voucher", "run", "compute_class"), name="voucher_use_once_a_run"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("note__isnull", True), ("run__isnull", False)),
                            models.Q(("note__isnull", False), ("run__isnull", True)),
                            _connector="OR",
                        ),
                        name="voucher_use_has_its_cause",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WriteOff",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount_fen", models.BigIntegerField()),
                ("reason", models.CharField(max_length=500)),
                (
                    "state",
                    models.CharField(
                        choices=[("asked", "Asked"), ("approved", "Approved"), ("refused", "Refused")],
                        default="asked",
                        max_length=8,
                    ),
                ),
                ("asked_by", models.CharField(max_length=254)),
                ("asked_at", models.DateTimeField()),
                ("decided_by", models.CharField(blank=True, max_length=254)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "transfer",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.transfer"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount_fen__gt", 0)), name="write_off_amount_positive"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("state", "asked")),
                            models.Q(
                                ("decided_at__isnull", False),
                                models.Q(("decided_by", ""), _negated=True),
                                models.Q(("state", "asked"), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="write_off_decided",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "approved"), _negated=True),
                            models.Q(
                                models.Q(("decided_by", models.F("asked_by")), _negated=True),
                                ("transfer__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="write_off_approved_by_a_second_person",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="writeoff",
            name="due",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="write_offs", to="billing.invoicedue"
            ),
        ),
        migrations.AddField(
            model_name="invoicepayment",
            name="due",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="payments", to="billing.invoicedue"
            ),
        ),
        migrations.AddField(
            model_name="invoicedue",
            name="participant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="invoices_due", to="matching.participant"
            ),
        ),
        migrations.AddField(
            model_name="dunningnotice",
            name="due",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="notices", to="billing.invoicedue"
            ),
        ),
        migrations.AddConstraint(
            model_name="writeoff",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "asked")), fields=("due",), name="write_off_asked_once"
            ),
        ),
        migrations.AddIndex(
            model_name="invoicedue",
            index=models.Index(
                condition=models.Q(("open_fen__gt", 0)), fields=["participant", "due_on"], name="invoice_due_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="dunningnotice",
            constraint=models.UniqueConstraint(fields=("due", "level"), name="dunning_notice_once_a_level"),
        ),
        migrations.AddConstraint(
            model_name="obligation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("is_settled", True), ("pending__isnull", True)),
                    models.Q(("is_settled", False), ("pending__isnull", False)),
                    _connector="OR",
                ),
                name="obligation_pending_until_settled",
            ),
        ),
    ]
    operations = [CreateModels(operations)]
