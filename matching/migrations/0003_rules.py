"""What PostgreSQL itself keeps: the audit trail is never changed; rows that every batch rewrites have room to be rewritten in."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION matching_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% % is never changed or deleted', TG_TABLE_NAME, OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER matching_change_immutable BEFORE UPDATE OR DELETE ON matching_change
    FOR EACH ROW EXECUTE FUNCTION matching_refuse_change()
"""


ROOM = "ALTER TABLE matching_contract SET (fillfactor = 70); ALTER TABLE matching_candle SET (fillfactor = 70)"


class Migration(migrations.Migration):
    dependencies = [("matching", "0002_kept_by_months")]
    replaces = [
        ("matching", "0011_alternatives"),
        ("matching", "0012_changes"),
        ("matching", "0013_provider"),
        ("matching", "0014_operations"),
        ("matching", "0015_indexes_of_what_is_open"),
        ("matching", "0016_holders_of_an_hour"),
    ]

    operations = [
        migrations.RunSQL(ROOM, migrations.RunSQL.noop),
        migrations.RunSQL(
            REFUSE, "DROP TRIGGER matching_change_immutable ON matching_change; DROP FUNCTION matching_refuse_change"
        ),
    ]
