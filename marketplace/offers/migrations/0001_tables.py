import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from matching.create_models import CreateModels


class Migration(migrations.Migration):
    replaces = [("offers", "0001_initial"), ("offers", "0002_provider")]

    initial = True

    dependencies = [
        ("matching", "0003_rules"),
    ]

    operations = [
        migrations.CreateModel(
            name="Maintenance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start", models.IntegerField()),
                ("hours", models.IntegerField()),
                ("accelerators", models.PositiveIntegerField()),
                ("reason", models.CharField(blank=True, max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[("planned", "Planned"), ("cancelled", "Cancelled")], default="planned", max_length=9
                    ),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="maintenances", to="matching.site"
                    ),
                ),
            ],
            options={
                "ordering": ["-start", "-id"],
                "indexes": [models.Index(fields=["site", "start"], name="maintenance_site_start")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("accelerators__gte", 1), ("hours__gte", 1)),
                        name="maintenance_size_positive",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PriceCurve",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("prices_fen", django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=168)),
                ("floor_fen", models.IntegerField(null=True)),
                ("created_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="price_curves", to="matching.site"
                    ),
                ),
            ],
            options={
                "ordering": ["site", "name"],
                "constraints": [
                    models.UniqueConstraint(fields=("site", "name"), name="price_curve_name"),
                    models.CheckConstraint(condition=models.Q(("prices_fen__len", 168)), name="price_curve_whole_week"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SiteProfile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("submitted", "Submitted"),
                            ("active", "Active"),
                            ("refused", "Refused"),
                        ],
                        default="draft",
                        max_length=9,
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=80)),
                ("name_zh", models.CharField(blank=True, max_length=80)),
                ("city", models.CharField(blank=True, max_length=80)),
                ("accelerators", models.PositiveIntegerField(null=True)),
                ("node_accelerators", models.PositiveSmallIntegerField(null=True)),
                ("interconnect", models.CharField(blank=True, max_length=80)),
                ("network_gbps", models.PositiveIntegerField(null=True)),
                ("storage_tb", models.PositiveIntegerField(null=True)),
                (
                    "power_source",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("grid", "Grid"),
                            ("hydro", "Hydro"),
                            ("wind", "Wind"),
                            ("solar", "Solar"),
                            ("nuclear", "Nuclear"),
                            ("mixed", "Mixed"),
                        ],
                        max_length=7,
                    ),
                ),
                ("green_share_percent", models.PositiveSmallIntegerField(null=True)),
                ("identifier", models.CharField(blank=True, max_length=60)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField()),
                ("submitted_at", models.DateTimeField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "compute_class",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matching.computeclass",
                    ),
                ),
                (
                    "hub",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="matching.hub"
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="site_profiles",
                        to="matching.participant",
                    ),
                ),
                (
                    "site",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="profile",
                        to="matching.site",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "submitted")), fields=["submitted_at"], name="site_waiting"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("site__isnull", False), ("state", "active")),
                            models.Q(models.Q(("state", "active"), _negated=True), ("site__isnull", True)),
                            _connector="OR",
                        ),
                        name="site_profile_active_has_site",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("green_share_percent__isnull", True), ("green_share_percent__lte", 100), _connector="OR"
                        ),
                        name="site_profile_green_share",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "refused"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="site_profile_refused_says_why",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StandingOffer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("quantity", models.PositiveIntegerField()),
                ("display_quantity", models.PositiveIntegerField(null=True)),
                ("days_ahead", models.PositiveSmallIntegerField()),
                ("from_clock", models.PositiveSmallIntegerField(default=0)),
                ("hours_a_day", models.PositiveSmallIntegerField(default=24)),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "Active"), ("paused", "Paused"), ("ended", "Ended")],
                        default="active",
                        max_length=6,
                    ),
                ),
                ("listed_until", models.IntegerField(null=True)),
                ("renewed_at", models.DateTimeField(null=True)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField()),
                (
                    "curve",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="standing_offers",
                        to="offers.pricecurve",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="standing_offers", to="matching.site"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "active")), fields=["listed_until"], name="standing_offer_due"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("days_ahead__gte", 1),
                            ("days_ahead__lte", 30),
                            ("from_clock__lte", 23),
                            ("quantity__gte", 1),
                            ("hours_a_day__gte", 1),
                            ("hours_a_day__lte", 24),
                        ),
                        name="standing_offer_bounds",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Offer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.CharField(blank=True, max_length=80)),
                ("published_at", models.DateTimeField()),
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="offer", to="matching.order"
                    ),
                ),
                (
                    "standing",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers",
                        to="offers.standingoffer",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Withdrawal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "accelerators",
                    django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None),
                ),
                ("listed_again_at", models.DateTimeField(null=True)),
                ("problem", models.CharField(blank=True, max_length=300)),
                (
                    "maintenance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="withdrawals", to="offers.maintenance"
                    ),
                ),
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="withdrawal", to="matching.order"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("listed_again_at__isnull", True)), fields=["id"], name="withdrawal_waiting"
                    )
                ],
            },
        ),
    ]
    operations = [CreateModels(operations)]
