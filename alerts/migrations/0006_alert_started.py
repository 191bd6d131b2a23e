"""Lets the alerts of the last day be counted by the hour without reading the whole table."""

import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("alerts", "0005_events_by_day")]

    operations = [
        migrations.AddIndex(
            model_name="alert",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["started_at"], name="alert_started", pages_per_range=32
            ),
        ),
    ]
