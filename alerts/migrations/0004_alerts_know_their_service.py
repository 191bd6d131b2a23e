"""Fills alerts.service, which rows of the first version have not: it is their integration's.

On its own, since Postgres does not alter a table in the transaction that has changed its rows. Nothing is to be
undone: the column goes with the migration before.
"""

from django.db import migrations

FILL = """
    UPDATE alerts_alert a SET service_id = i.service_id
    FROM alerts_integration i WHERE i.id = a.integration_id AND a.service_id IS NULL
"""


class Migration(migrations.Migration):

    dependencies = [("alerts", "0003_routes_mutes_heartbeats_and_limits")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
