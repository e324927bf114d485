"""Commands, trades and order events become partitioned tables, with the rows that they have."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

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

EVENTS_HAVE_THEIR_TIME = """
    ALTER TABLE matching_orderevent ADD COLUMN at timestamptz;
    UPDATE matching_orderevent e SET at = c.at
    FROM matching_command c WHERE c.market_id = e.market_id AND c.sequence = e.sequence;
    ALTER TABLE matching_orderevent ALTER COLUMN at SET NOT NULL
"""

# What a table has besides columns, checks and its default partition; a partition gets the same.
INDEXES = {
    "matching_command": """
        ALTER TABLE matching_command
            ADD CONSTRAINT command_market_sequence UNIQUE (market_id, sequence, at),
            ADD CONSTRAINT matching_command_market_id_fk FOREIGN KEY (market_id)
                REFERENCES matching_market DEFERRABLE INITIALLY DEFERRED,
            ADD CONSTRAINT matching_command_order_id_fk FOREIGN KEY (order_id)
                REFERENCES matching_order DEFERRABLE INITIALLY DEFERRED,
            ADD CONSTRAINT matching_command_participant_id_fk FOREIGN KEY (participant_id)
                REFERENCES matching_participant DEFERRABLE INITIALLY DEFERRED;
        CREATE INDEX command_inbox ON matching_command (id) WHERE sequence IS NULL;
        CREATE INDEX matching_command_order_id ON matching_command (order_id)
    """,
    "matching_trade": """
        ALTER TABLE matching_trade
            ADD CONSTRAINT trade_market_sequence UNIQUE (market_id, sequence, ordinal, traded_at),
            ADD CONSTRAINT matching_trade_market_id_fk FOREIGN KEY (market_id)
                REFERENCES matching_market DEFERRABLE INITIALLY DEFERRED,
            ADD CONSTRAINT matching_trade_bid_id_fk FOREIGN KEY (bid_id)
                REFERENCES matching_order DEFERRABLE INITIALLY DEFERRED,
            ADD CONSTRAINT matching_trade_ask_id_fk FOREIGN KEY (ask_id)
                REFERENCES matching_order DEFERRABLE INITIALLY DEFERRED,
            ADD CONSTRAINT matching_trade_buyer_id_fk FOREIGN KEY (buyer_id)
                REFERENCES matching_participant DEFERRABLE INITIALLY DEFERRED,
            ADD CONSTRAINT matching_trade_seller_id_fk FOREIGN KEY (seller_id)
                REFERENCES matching_participant DEFERRABLE INITIALLY DEFERRED,
            ADD CONSTRAINT matching_trade_site_id_fk FOREIGN KEY (site_id)
                REFERENCES matching_site DEFERRABLE INITIALLY DEFERRED;
        CREATE INDEX trade_market_newest ON matching_trade (market_id, id DESC);
        CREATE INDEX trade_buyer_newest ON matching_trade (buyer_id, id DESC);
        CREATE INDEX trade_seller_newest ON matching_trade (seller_id, id DESC);
        CREATE INDEX trade_market_start ON matching_trade (market_id, start);
        CREATE INDEX trade_bid ON matching_trade (bid_id);
        CREATE INDEX trade_ask ON matching_trade (ask_id);
        CREATE INDEX matching_trade_site_id ON matching_trade (site_id)
    """,
    "matching_orderevent": """
        ALTER TABLE matching_orderevent
            ADD CONSTRAINT order_event_market_sequence UNIQUE (market_id, sequence, ordinal, at),
            ADD CONSTRAINT matching_orderevent_market_id_fk FOREIGN KEY (market_id)
                REFERENCES matching_market DEFERRABLE INITIALLY DEFERRED,
            ADD CONSTRAINT matching_orderevent_order_id_fk FOREIGN KEY (order_id)
                REFERENCES matching_order DEFERRABLE INITIALLY DEFERRED;
        CREATE INDEX matching_orderevent_order_id ON matching_orderevent (order_id)
    """,
}

KEYS = {"matching_command": "at", "matching_trade": "traded_at", "matching_orderevent": "at"}

MONTHS_AHEAD = 2


def keep_by_months(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Move every row into the partition of its month; the names of tables, indexes and the ids' sequences stay."""
    with schema_editor.connection.cursor() as cursor:
        for table, key in KEYS.items():
            cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_whole")
            cursor.execute(
                f"CREATE TABLE {table} (LIKE {table}_whole INCLUDING CONSTRAINTS) PARTITION BY RANGE ({key})"
            )
            cursor.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
        for table, key in KEYS.items():
            cursor.execute(
                f"SELECT count(matching_make_months(month, month)) FROM "
                f"(SELECT DISTINCT date_trunc('month', {key}, 'UTC') AS month FROM {table}_whole) months"
            )
        cursor.execute("SELECT matching_make_months(now(), now() + %s * interval '1 month')", [MONTHS_AHEAD])
        for table, key in KEYS.items():
            cursor.execute(f"SELECT nextval(pg_get_serial_sequence('{table}_whole', 'id')::regclass)")
            (next_id,) = cursor.fetchone()
            cursor.execute(f"INSERT INTO {table} SELECT * FROM {table}_whole ORDER BY id")
            cursor.execute(f"DROP TABLE {table}_whole")
            cursor.execute(f"ALTER TABLE {table} ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY")
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id')::regclass, {next_id}, false)")
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY (id, {key})")
            cursor.execute(INDEXES[table])
            cursor.execute(f"ANALYZE {table}")


def unique(model: str, name: str, *fields: str) -> list[migrations.operations.base.Operation]:
    return [
        migrations.RemoveConstraint(model_name=model, name=name),
        migrations.AddConstraint(model_name=model, constraint=models.UniqueConstraint(fields=fields, name=name)),
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0004_group_setbacks"),
    ]

    operations = [
        migrations.RunSQL(MAKE_MONTHS),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(EVENTS_HAVE_THEIR_TIME), migrations.RunPython(keep_by_months)],
            state_operations=[
                migrations.AddField("orderevent", "at", models.DateTimeField(default=None), preserve_default=False),
                *unique("command", "command_market_sequence", "market", "sequence", "at"),
                *unique("trade", "trade_market_sequence", "market", "sequence", "ordinal", "traded_at"),
                *unique("orderevent", "order_event_market_sequence", "market", "sequence", "ordinal", "at"),
            ],
        ),
    ]
