from django.db import migrations


class Migration(migrations.Migration):
    """The database itself refuses to change or delete what stands on a timeline."""

    dependencies = [("incidents", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql="""
                CREATE FUNCTION incidents_timeline_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    RAISE EXCEPTION 'timeline entries are append-only' USING ERRCODE = 'integrity_constraint_violation';
                END $$;
                CREATE TRIGGER timeline_append_only BEFORE UPDATE OR DELETE ON incidents_timelineentry
                    FOR EACH ROW EXECUTE FUNCTION incidents_timeline_refuse();
            """,
            reverse_sql="""
                DROP TRIGGER timeline_append_only ON incidents_timelineentry;
                DROP FUNCTION incidents_timeline_refuse();
            """,
        )
    ]
