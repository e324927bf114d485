"""Credit: limits, what is due of invoices, dunning and write-offs; fewer keys that settlement must look up."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0011_delivery"),
        ("matching", "0012_changes"),
    ]

    operations = [
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
            ],
            options={
                "ordering": ["-id"],
            },
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
            },
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
            ],
            options={
                "ordering": ["id"],
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
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="account",
            name="account_debits_within_credits",
        ),
        migrations.AddField(
            model_name="account",
            name="bids_stopped_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="account",
            name="credit_fen",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="account",
            name="overdraft_fen",
            field=models.BigIntegerField(db_default=0, default=0),
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
                    ("bad_debt", "Bad Debt"),
                    ("processor", "Processor"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
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
        migrations.AlterField(
            model_name="settlementline",
            name="run",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="settlement_lines",
                to="billing.settlementrun",
            ),
        ),
        migrations.AlterField(
            model_name="settlementline",
            name="trade",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="settlement_lines",
                to="billing.obligation",
            ),
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
                ],
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("credit_fen__gte", 0),
                    ("overdraft_fen__gte", models.F("credit_fen")),
                    models.Q(("kind", "funds"), ("overdraft_fen", 0), _connector="OR"),
                ),
                name="account_credit_of_funds",
            ),
        ),
        migrations.AddField(
            model_name="creditlimit",
            name="participant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="credit_limits", to="matching.participant"
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
        migrations.AddField(
            model_name="invoicepayment",
            name="due",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="payments", to="billing.invoicedue"
            ),
        ),
        migrations.AddField(
            model_name="invoicepayment",
            name="transfer",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.transfer"
            ),
        ),
        migrations.AddField(
            model_name="writeoff",
            name="due",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="write_offs", to="billing.invoicedue"
            ),
        ),
        migrations.AddField(
            model_name="writeoff",
            name="transfer",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.transfer"
            ),
        ),
        migrations.AddConstraint(
            model_name="creditlimit",
            constraint=models.CheckConstraint(
                condition=models.Q(("limit_fen__gte", 0)), name="credit_limit_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="creditlimit",
            constraint=models.CheckConstraint(
                condition=models.Q(("terms_days__gte", 0), ("terms_days__lte", 365)), name="credit_limit_terms"
            ),
        ),
        migrations.AddConstraint(
            model_name="creditlimit",
            constraint=models.CheckConstraint(condition=models.Q(("currency", "CNY")), name="credit_limit_in_yuan"),
        ),
        migrations.AddConstraint(
            model_name="creditlimit",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="creditlimit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "approved"), _negated=True),
                    models.Q(("decided_by", models.F("asked_by")), _negated=True),
                    _connector="OR",
                ),
                name="credit_limit_approved_by_a_second_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="creditlimit",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "asked")), fields=("participant",), name="credit_limit_asked_once"
            ),
        ),
        migrations.AddIndex(
            model_name="invoicedue",
            index=models.Index(
                condition=models.Q(("open_fen__gt", 0)), fields=["participant", "due_on"], name="invoice_due_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoicedue",
            constraint=models.CheckConstraint(
                condition=models.Q(("paid_fen__gte", 0), ("paid_fen__lte", models.F("total_fen"))),
                name="invoice_due_paid_within_total",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoicedue",
            constraint=models.CheckConstraint(
                condition=models.Q(("level__gte", 0), ("level__lte", 3)), name="invoice_due_level"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoicedue",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("held_at__isnull", True), ("held_reason", "")),
                    models.Q(("held_at__isnull", False), models.Q(("held_reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="invoice_due_held_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="dunningnotice",
            constraint=models.UniqueConstraint(fields=("due", "level"), name="dunning_notice_once_a_level"),
        ),
        migrations.AddConstraint(
            model_name="dunningnotice",
            constraint=models.CheckConstraint(
                condition=models.Q(("level__gte", 1), ("level__lte", 3)), name="dunning_notice_level"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoicepayment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amount_fen__lt", 0), ("kind", "returned")),
                    models.Q(models.Q(("kind", "returned"), _negated=True), ("amount_fen__gt", 0)),
                    _connector="OR",
                ),
                name="invoice_payment_sign",
            ),
        ),
        migrations.AddConstraint(
            model_name="writeoff",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_fen__gt", 0)), name="write_off_amount_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="writeoff",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="writeoff",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "approved"), _negated=True),
                    models.Q(
                        models.Q(("decided_by", models.F("asked_by")), _negated=True), ("transfer__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="write_off_approved_by_a_second_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="writeoff",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "asked")), fields=("due",), name="write_off_asked_once"
            ),
        ),
        migrations.RunSQL(
            "CREATE TRIGGER billing_invoicepayment_immutable BEFORE UPDATE OR DELETE ON billing_invoicepayment "
            "FOR EACH ROW EXECUTE FUNCTION billing_refuse_change()",
            "DROP TRIGGER billing_invoicepayment_immutable ON billing_invoicepayment",
        ),
    ]
