import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.serializers.json
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import matching.engine.dtypes
from matching.create_models import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ("matching", "0001_initial"),
        ("matching", "0002_market_data"),
        ("matching", "0003_clock_mark"),
        ("matching", "0004_group_setbacks"),
    ]

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ArchivedMonth",
            fields=[
                ("month", models.DateField(primary_key=True, serialize=False)),
                ("manifest_sha256", models.CharField(max_length=64)),
                ("folder", models.CharField(max_length=500)),
                ("commands", models.BigIntegerField()),
                ("trades", models.BigIntegerField()),
                ("order_events", models.BigIntegerField()),
                ("archived_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["month"],
            },
        ),
        migrations.CreateModel(
            name="Market",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("symbol", models.CharField(max_length=90, unique=True)),
                ("lot", models.PositiveIntegerField(default=1)),
                ("tick_fen", models.PositiveIntegerField(default=1)),
                ("lead_hours", models.PositiveSmallIntegerField(default=0)),
                ("horizon_hours", models.PositiveIntegerField(default=1440)),
                ("open_blocks_max", models.PositiveIntegerField(default=1000)),
                ("reference_price_fen", models.PositiveIntegerField(null=True)),
                ("protection_band_bps", models.PositiveIntegerField(default=10000)),
                ("breaker_bps", models.PositiveIntegerField(default=5000, null=True)),
                ("breaker_minutes", models.PositiveSmallIntegerField(default=5)),
                ("breaker_halt_minutes", models.PositiveSmallIntegerField(default=5)),
                ("breaker_collect_minutes", models.PositiveSmallIntegerField(default=5)),
                ("link_group", models.SlugField(db_index=False, default="all", max_length=40)),
                ("sequence", models.BigIntegerField(default=0)),
                ("closed_until", models.IntegerField(default=0)),
                ("band_reference_fen", models.IntegerField(null=True)),
                ("band_fen", models.IntegerField(null=True)),
                ("state", models.SmallIntegerField(choices=[(0, "OPEN"), (1, "COLLECTING"), (2, "HALTED")], default=0)),
                ("places_given", models.BigIntegerField(default=0)),
            ],
            options={
                "ordering": ["compute_class__position", "hub__position"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("lot__gte", 1), ("tick_fen__gte", 1)), name="market_lot_tick_positive"
                    ),
                    models.CheckConstraint(condition=models.Q(("sequence__gte", 0)), name="market_sequence_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("horizon_hours__gt", models.F("lead_hours"))),
                        name="market_horizon_after_lead",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ComputeClass",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("slug", models.CharField(max_length=40, unique=True)),
                ("name", models.CharField(max_length=80)),
                ("vendor", models.CharField(max_length=40)),
                ("is_domestic", models.BooleanField(default=False)),
                ("memory_gb", models.PositiveIntegerField(null=True)),
                ("memory_gb_per_s", models.PositiveIntegerField(null=True)),
                ("bf16_tflops", models.PositiveIntegerField(null=True)),
                ("power_w", models.PositiveIntegerField(null=True)),
                ("facts_source", models.CharField(blank=True, max_length=300)),
                ("position", models.SmallIntegerField(default=0)),
            ],
            options={
                "ordering": ["position", "slug"],
            },
        ),
        migrations.CreateModel(
            name="Hub",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("slug", models.SlugField(max_length=40, unique=True)),
                ("name", models.CharField(max_length=80)),
                ("name_zh", models.CharField(max_length=80)),
                ("position", models.SmallIntegerField(default=0)),
            ],
            options={
                "ordering": ["position", "slug"],
            },
        ),
        migrations.CreateModel(
            name="LeaseHolder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=63, unique=True)),
                ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("expires_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Participant",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("slug", models.SlugField(max_length=80, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("name_zh", models.CharField(blank=True, max_length=120)),
                ("buys", models.BooleanField(default=True)),
                ("provides", models.BooleanField(default=False)),
                ("is_demo", models.BooleanField(default=False)),
                ("legal_name", models.CharField(blank=True, max_length=200)),
                ("tax_id", models.CharField(blank=True, max_length=40)),
                ("address", models.CharField(blank=True, max_length=300)),
                ("bank_account", models.CharField(blank=True, max_length=120)),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ClockMark",
            fields=[
                (
                    "market",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="matching.market",
                    ),
                ),
                ("told_until", models.IntegerField(default=0)),
                ("turn", models.IntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="EventNumber",
            fields=[
                (
                    "market",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="event_number",
                        serialize=False,
                        to="matching.market",
                    ),
                ),
                ("number", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="PriceWatch",
            fields=[
                (
                    "market",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="matching.market",
                    ),
                ),
                ("sequence", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Candle",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "market_id",
                        "minutes",
                        "starts_at",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("minutes", models.SmallIntegerField(choices=[(5, "Five"), (60, "Hour"), (1440, "Day")])),
                ("starts_at", models.DateTimeField()),
                ("open_fen", models.IntegerField()),
                ("high_fen", models.IntegerField()),
                ("low_fen", models.IntegerField()),
                ("close_fen", models.IntegerField()),
                ("volume", models.BigIntegerField()),
                ("value_fen", models.BigIntegerField()),
                ("trades", models.IntegerField()),
                (
                    "market",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="candles",
                        to="matching.market",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="market",
            name="compute_class",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="markets", to="matching.computeclass"
            ),
        ),
        migrations.CreateModel(
            name="Halt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hour", models.IntegerField(null=True)),
                ("hours", models.IntegerField(null=True)),
                ("cause", models.CharField(choices=[("operator", "Operator"), ("breaker", "Breaker")], max_length=10)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("state", models.SmallIntegerField(choices=[(0, "OPEN"), (1, "COLLECTING"), (2, "HALTED")])),
                ("began_at", models.DateTimeField()),
                ("collect_at", models.DateTimeField(null=True)),
                ("resume_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("price_before_fen", models.IntegerField(null=True)),
                ("price_fen", models.IntegerField(null=True)),
                (
                    "market",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="halts",
                        to="matching.market",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(condition=models.Q(("state__gt", 0)), fields=["market"], name="halt_active"),
                    models.Index(fields=["market", "-id"], name="halt_market_newest"),
                    models.Index(fields=["market", "ended_at"], name="halt_market_ended"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("hour__isnull", True), ("hours__isnull", True)),
                            models.Q(("hour__isnull", False), ("hours__gte", 1)),
                            _connector="OR",
                        ),
                        name="halt_span",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", False), ("state", 0)),
                            models.Q(("ended_at__isnull", True), ("state__gt", 0)),
                            _connector="OR",
                        ),
                        name="halt_ended",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HaltStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("do", models.SmallIntegerField(choices=[(8, "HALT"), (9, "COLLECT"), (10, "RESUME")])),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=254)),
                ("reason", models.CharField(blank=True, max_length=500)),
                (
                    "halt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="matching.halt"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="market",
            name="hub",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="markets", to="matching.hub"
            ),
        ),
        migrations.CreateModel(
            name="Lease",
            fields=[
                ("link_group", models.SlugField(max_length=40, primary_key=True, serialize=False)),
                ("token", models.BigIntegerField(default=0)),
                ("sequence", models.BigIntegerField(default=0)),
                ("linked_sequence", models.BigIntegerField(default=0)),
                ("failing_since", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, max_length=500)),
                (
                    "holder",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="leases",
                        to="matching.leaseholder",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("token__gte", 0), ("sequence__gte", models.F("linked_sequence"))),
                        name="lease_goes_forward",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MarketEvent",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "market_id", "number", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.BigIntegerField()),
                ("trade_id", models.BigIntegerField(null=True)),
                ("at", models.DateTimeField()),
                ("hour", models.IntegerField(null=True)),
                ("hours", models.IntegerField(null=True)),
                ("price_fen", models.IntegerField(null=True)),
                ("quantity", models.IntegerField(null=True)),
                ("orders", models.IntegerField(null=True)),
                (
                    "event",
                    models.SmallIntegerField(
                        choices=[(1, "Level"), (2, "Trade"), (3, "Top"), (4, "State"), (5, "Auction")]
                    ),
                ),
                ("side", models.SmallIntegerField(null=True)),
                ("state", models.SmallIntegerField(null=True)),
                (
                    "market",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="matching.market",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("client_order_id", models.CharField(max_length=64, null=True)),
                ("side", models.SmallIntegerField(choices=[(1, "BID"), (-1, "ASK")])),
                ("kind", models.SmallIntegerField(choices=[(0, "HOURLY"), (1, "BLOCK")])),
                ("start", models.IntegerField()),
                ("hours", models.IntegerField()),
                ("quantity", models.IntegerField()),
                ("price_fen", models.IntegerField(null=True)),
                ("protection_price_fen", models.IntegerField(null=True)),
                (
                    "time_in_force",
                    models.SmallIntegerField(
                        choices=[(0, "GTC"), (1, "GTD"), (2, "IOC"), (3, "FOK")],
                        default=matching.engine.dtypes.TimeInForce["GTC"],
                    ),
                ),
                ("expires_at", models.DateTimeField(null=True)),
                ("start_flexibility", models.SmallIntegerField(default=0)),
                ("one_site", models.BooleanField(default=False)),
                ("min_quantity", models.IntegerField(null=True)),
                ("display_quantity", models.IntegerField(null=True)),
                ("post_only", models.BooleanField(default=False)),
                (
                    "self_trade",
                    models.SmallIntegerField(
                        choices=[(0, "CANCEL_TAKER"), (1, "CANCEL_MAKER"), (2, "CANCEL_BOTH"), (3, "DECREMENT")],
                        default=matching.engine.dtypes.SelfTrade["CANCEL_TAKER"],
                    ),
                ),
                ("alternative_count", models.SmallIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("open", "Open"),
                            ("filled", "Filled"),
                            ("cancelled", "Cancelled"),
                            ("expired", "Expired"),
                            ("rejected", "Rejected"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("why", models.CharField(blank=True, max_length=20)),
                ("open", django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                (
                    "shown",
                    django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), null=True, size=None),
                ),
                ("place", models.BigIntegerField(null=True)),
                (
                    "places",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), null=True, size=None
                    ),
                ),
                ("filled_accelerator_hours", models.BigIntegerField(default=0)),
                ("filled_value_fen", models.BigIntegerField(default=0)),
                ("executed_start", models.IntegerField(null=True)),
                ("executed_alternative", models.SmallIntegerField(null=True)),
                ("sequence", models.BigIntegerField(null=True)),
                ("closed_sequence", models.BigIntegerField(null=True)),
                ("placed_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "market",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="matching.market",
                    ),
                ),
                (
                    "participant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="matching.participant",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["participant", "-id"], name="order_participant_newest"),
                    models.Index(
                        condition=models.Q(("state__in", ["pending", "open"])),
                        fields=["market"],
                        name="order_market_open",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["pending", "open"])),
                        fields=["participant", "market", "kind"],
                        name="order_participant_open",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["pending", "open"]), ("expires_at__isnull", False)),
                        fields=["expires_at"],
                        name="order_expiring",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["pending", "open"]), ("alternative_count__gt", 0)),
                        fields=["id"],
                        name="order_alternatives_open",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("client_order_id__isnull", False)),
                        fields=("participant", "client_order_id"),
                        name="order_client_order_id",
                    ),
                    models.CheckConstraint(condition=models.Q(("side__in", [1, -1])), name="order_side"),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gte", 1), ("hours__gte", 1)), name="order_size_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("price_fen__isnull", True), ("price_fen__gte", 1), _connector="OR"),
                        name="order_price_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Alternative",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "order_id", "place", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("place", models.SmallIntegerField()),
                ("start", models.IntegerField()),
                ("start_flexibility", models.SmallIntegerField(default=0)),
                ("price_fen", models.IntegerField()),
                (
                    "market",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matching.market",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alternatives",
                        to="matching.order",
                    ),
                ),
            ],
            options={
                "ordering": ["order_id", "place"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("place__range", (1, 7))), name="alternative_place"),
                    models.CheckConstraint(
                        condition=models.Q(("price_fen__gte", 1)), name="alternative_price_positive"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ParticipantLimit",
            fields=[
                (
                    "participant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="limit",
                        serialize=False,
                        to="matching.participant",
                    ),
                ),
                ("is_stopped", models.BooleanField(default=False)),
                ("open_orders_max", models.IntegerField(null=True)),
                ("order_accelerator_hours_max", models.BigIntegerField(null=True)),
                ("reason", models.CharField(max_length=500)),
                ("set_by", models.CharField(max_length=254)),
                ("set_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("open_orders_max__isnull", True), ("open_orders_max__gte", 1), _connector="OR"),
                            models.Q(
                                ("order_accelerator_hours_max__isnull", True),
                                ("order_accelerator_hours_max__gte", 1),
                                _connector="OR",
                            ),
                        ),
                        name="participant_limit_positive",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "pattern",
                    models.CharField(
                        choices=[("wash", "Wash"), ("spoof", "Spoof"), ("off_band", "Off Band")], max_length=10
                    ),
                ),
                ("day", models.DateField()),
                ("count", models.IntegerField()),
                ("accelerator_hours", models.BigIntegerField()),
                ("value", models.IntegerField()),
                (
                    "order_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "trade_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("seen_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("cleared", "Cleared"), ("escalated", "Escalated")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500)),
                ("decided_by", models.CharField(blank=True, max_length=254)),
                ("decided_at", models.DateTimeField(null=True)),
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
                    "other",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matching.participant",
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
                "ordering": ["-day", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "pattern", "market", "participant", "other"), name="finding_once_a_day"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("state", "open")),
                            models.Q(models.Q(("state", "open"), _negated=True), ("decided_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="finding_decided",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("who", models.CharField(max_length=254)),
                ("what", models.CharField(max_length=60)),
                ("object_kind", models.CharField(max_length=60)),
                ("object_id", models.CharField(max_length=60)),
                ("object_name", models.CharField(max_length=200)),
                ("why", models.CharField(blank=True, max_length=500)),
                ("before", models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ("after", models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
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
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["at"], name="change_by_time"),
                    models.Index(fields=["who", "-id"], name="change_by_who"),
                    models.Index(fields=["object_kind", "object_id", "-id"], name="change_by_object"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PricePoint",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "market_id", "hour", "minute", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("hour", models.IntegerField()),
                ("minute", models.IntegerField()),
                ("price_fen", models.IntegerField()),
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
            ],
        ),
        migrations.CreateModel(
            name="Reference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("price_fen", models.IntegerField(null=True)),
                ("band_bps", models.IntegerField()),
                ("day", models.DateField(null=True)),
                ("by", models.CharField(max_length=254)),
                ("reason", models.CharField(max_length=500)),
                ("at", models.DateTimeField()),
                (
                    "market",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="references",
                        to="matching.market",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["market", "-id"], name="reference_market_newest")],
                "constraints": [models.UniqueConstraint(fields=("market", "day"), name="reference_once_a_day")],
            },
        ),
        migrations.CreateModel(
            name="Site",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("slug", models.CharField(max_length=80, unique=True)),
                ("identifier", models.CharField(max_length=60, unique=True)),
                ("name", models.CharField(max_length=80)),
                ("name_zh", models.CharField(blank=True, max_length=80)),
                ("accelerators", models.PositiveIntegerField()),
                ("interconnect", models.CharField(blank=True, max_length=80)),
                ("created_at", models.DateTimeField()),
                (
                    "market",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sites", to="matching.market"
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sites", to="matching.participant"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("accelerators__gte", 1)), name="site_accelerators_positive"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="order",
            name="executed_site",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="matching.site",
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="site",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="asks",
                to="matching.site",
            ),
        ),
        migrations.CreateModel(
            name="Holding",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "participant_id",
                        "site_id",
                        "hour",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("hour", models.IntegerField()),
                ("capacity", models.IntegerField()),
                ("committed", models.IntegerField(default=0)),
                ("out_of_service", models.IntegerField(db_default=0, default=0)),
                (
                    "participant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holdings",
                        to="matching.participant",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holdings",
                        to="matching.site",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["site", "hour", "participant"], name="holding_site_holders")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("committed__gte", 0), ("committed__lte", models.F("capacity"))),
                        name="holding_not_oversold",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("out_of_service__gte", 0), ("out_of_service__lte", models.F("capacity"))),
                        name="holding_out_of_service",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BookLevel",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "market_id",
                        "hour",
                        "side",
                        "price_fen",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("hour", models.IntegerField()),
                ("side", models.SmallIntegerField()),
                ("price_fen", models.IntegerField()),
                ("quantity", models.IntegerField()),
                ("orders", models.IntegerField()),
                (
                    "market",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="levels",
                        to="matching.market",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gte", 1), ("orders__gte", 1)), name="book_level_positive"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Contract",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "market_id", "hour", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("hour", models.IntegerField()),
                ("best_bid_fen", models.IntegerField(null=True)),
                ("best_bid_quantity", models.IntegerField(null=True)),
                ("best_ask_fen", models.IntegerField(null=True)),
                ("best_ask_quantity", models.IntegerField(null=True)),
                ("bid_quantity", models.BigIntegerField(default=0)),
                ("ask_quantity", models.BigIntegerField(default=0)),
                ("open_fen", models.IntegerField(null=True)),
                ("high_fen", models.IntegerField(null=True)),
                ("low_fen", models.IntegerField(null=True)),
                ("last_price_fen", models.IntegerField(null=True)),
                ("last_traded_at", models.DateTimeField(null=True)),
                ("volume", models.BigIntegerField(default=0)),
                ("value_fen", models.BigIntegerField(default=0)),
                ("trades", models.IntegerField(default=0)),
                (
                    "market",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contracts",
                        to="matching.market",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("bid_quantity__gte", 0), ("ask_quantity__gte", 0)),
                        name="contract_not_negative",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ContractRuling",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "market_id", "hour", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("hour", models.IntegerField()),
                ("state", models.SmallIntegerField(choices=[(0, "OPEN"), (1, "COLLECTING"), (2, "HALTED")])),
                (
                    "market",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rulings",
                        to="matching.market",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("state__in", [1, 2])), name="contractruling_not_open")
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="market",
            constraint=models.UniqueConstraint(fields=("compute_class", "hub"), name="market_class_hub"),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("side", 1), ("site__isnull", False), _connector="OR"), name="order_ask_names_site"
            ),
        ),
    ]
    operations = [CreateModels(operations)]
