"""Commands, trades and order events: tables partitioned by month, with this month and the next two."""

from typing import Any

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState

MAKE_MONTHS = """
CREATE FUNCTION matching_make_months(since timestamptz, until timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
-- Makes the partition of each month from that of `since` to that of `until` (UTC) in each table where it is missing, and moves
-- into it what stands in the default partition. Returns how many were made.
DECLARE
    kept record;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('matching_make_months', 0));
    FOR kept IN
        SELECT t.parent, t.key, t.parent || '_default' AS rest, t.parent || to_char(month AT TIME ZONE 'UTC', '_YYYY_MM') AS part,
               month AS since, date_add(month, interval '1 month', 'UTC') AS until
        FROM (VALUES ('matching_command', 'at'), ('matching_trade', 'traded_at'), ('matching_orderevent', 'at'))
            AS t (parent, key)
        CROSS JOIN generate_series(date_trunc('month', since, 'UTC'), until, interval '1 month', 'UTC') AS month
    LOOP
        CONTINUE WHEN to_regclass(kept.part) IS NOT NULL;
        EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', kept.rest);
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING CONSTRAINTS)', kept.part, kept.parent);
        EXECUTE format(
            'WITH moved AS (DELETE FROM %I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
            kept.rest, kept.key, kept.since, kept.key, kept.until, kept.part);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            kept.parent, kept.part, kept.since, kept.until);
        made := made + 1;
    END LOOP;
    RETURN made;
END $$
"""

ORDER_INDEXES = """
CREATE INDEX matching_command_order_id ON matching_command (order_id);
CREATE INDEX matching_orderevent_order_id ON matching_orderevent (order_id)
"""

MONTHS_AHEAD = 2


class CreateModelByMonths(migrations.CreateModel):
    """Creates a table partitioned by the month of one of its times, with a default partition for months not made yet."""

    def __init__(self, *, month_of: str, **options: Any) -> None:
        super().__init__(**options)
        self.month_of = month_of

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """A partitioned table's primary key has the partition's column in it."""
        model = to_state.apps.get_model(app_label, self.name)
        whole, _ = schema_editor.table_sql(model)  # type: ignore[attr-defined]
        columns, key = whole.removesuffix(")").split(" PRIMARY KEY", 1)
        table = model._meta.db_table
        schema_editor.execute(
            f"{columns}{key}, PRIMARY KEY (id, {self.month_of})) PARTITION BY RANGE ({self.month_of})"
        )
        schema_editor.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")


class Migration(migrations.Migration):
    dependencies = [("matching", "0001_tables")]
    replaces = [
        ("matching", "0005_kept_by_months"),
        ("matching", "0006_rulings"),
        ("matching", "0007_places"),
        ("matching", "0008_set_based_references"),
        ("matching", "0009_halts"),
        ("matching", "0010_archived_months"),
    ]

    operations = [
        CreateModelByMonths(
            name="OrderEvent",
            month_of="at",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sequence", models.BigIntegerField()),
                ("ordinal", models.IntegerField()),
                ("event", models.SmallIntegerField()),
                ("why", models.SmallIntegerField()),
                ("hour", models.IntegerField(null=True)),
                ("quantity", models.IntegerField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "market",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="order_events",
                        to="matching.market",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="matching.order",
                    ),
                ),
            ],
        ),
        CreateModelByMonths(
            name="Command",
            month_of="at",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "do",
                    models.SmallIntegerField(
                        choices=[
                            (0, "NEW"),
                            (1, "REPLACE"),
                            (2, "CANCEL"),
                            (3, "MASS_CANCEL"),
                            (4, "CLOSE"),
                            (6, "TIME"),
                            (7, "BAND"),
                            (8, "HALT"),
                            (9, "COLLECT"),
                            (10, "RESUME"),
                        ]
                    ),
                ),
                ("hour", models.IntegerField(null=True)),
                ("hours", models.IntegerField(null=True)),
                ("minute", models.IntegerField(null=True)),
                ("quantity", models.IntegerField(null=True)),
                ("price_fen", models.IntegerField(null=True)),
                (
                    "seen",
                    django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), null=True, size=None),
                ),
                ("at", models.DateTimeField()),
                ("sequence", models.BigIntegerField(null=True)),
                (
                    "market",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="commands",
                        to="matching.market",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="commands",
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
                        to="matching.participant",
                    ),
                ),
            ],
        ),
        CreateModelByMonths(
            name="Trade",
            month_of="traded_at",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sequence", models.BigIntegerField()),
                ("ordinal", models.IntegerField()),
                ("taker_side", models.SmallIntegerField()),
                ("start", models.IntegerField()),
                ("hours", models.IntegerField()),
                ("quantity", models.IntegerField()),
                ("price_fen", models.IntegerField()),
                ("traded_at", models.DateTimeField()),
                (
                    "ask",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matching.order",
                    ),
                ),
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
                        related_name="trades",
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
                "ordering": ["-id"],
            },
        ),
        migrations.AddConstraint(
            model_name="orderevent",
            constraint=models.UniqueConstraint(
                fields=("market", "sequence", "ordinal", "at"), name="order_event_market_sequence"
            ),
        ),
        migrations.AddIndex(
            model_name="command",
            index=models.Index(condition=models.Q(("sequence__isnull", True)), fields=["id"], name="command_inbox"),
        ),
        migrations.AddConstraint(
            model_name="command",
            constraint=models.UniqueConstraint(fields=("market", "sequence", "at"), name="command_market_sequence"),
        ),
        migrations.AddIndex(
            model_name="trade",
            index=models.Index(fields=["market", "-id"], name="trade_market_newest"),
        ),
        migrations.AddIndex(
            model_name="trade",
            index=models.Index(fields=["buyer", "-id"], name="trade_buyer_newest"),
        ),
        migrations.AddIndex(
            model_name="trade",
            index=models.Index(fields=["seller", "-id"], name="trade_seller_newest"),
        ),
        migrations.AddIndex(
            model_name="trade",
            index=models.Index(fields=["market", "start"], name="trade_market_start"),
        ),
        migrations.AddIndex(
            model_name="trade",
            index=models.Index(fields=["bid"], name="trade_bid"),
        ),
        migrations.AddIndex(
            model_name="trade",
            index=models.Index(fields=["ask"], name="trade_ask"),
        ),
        migrations.AddConstraint(
            model_name="trade",
            constraint=models.UniqueConstraint(
                fields=("market", "sequence", "ordinal", "traded_at"), name="trade_market_sequence"
            ),
        ),
        migrations.AddConstraint(
            model_name="trade",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gte", 1), ("hours__gte", 1), ("price_fen__gte", 1)),
                name="trade_size_positive",
            ),
        ),
        migrations.RunSQL(ORDER_INDEXES, migrations.RunSQL.noop),
        migrations.RunSQL(MAKE_MONTHS, "DROP FUNCTION matching_make_months"),
        migrations.RunSQL(
            f"SELECT matching_make_months(now(), now() + interval '{MONTHS_AHEAD} months')", migrations.RunSQL.noop
        ),
    ]
