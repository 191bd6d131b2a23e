import django.db.models.constraints
from django.db import migrations, models


class Migration(migrations.Migration):
    """Steps that stood before they had a uid all got the same one from the column's default."""

    dependencies = [
        ('oncall', '0002_schedules_that_skip_and_policies_with_conditions'),
    ]

    operations = [
        migrations.RunSQL(
            "UPDATE oncall_policystep SET uid = gen_random_uuid()",
            # Backwards the column goes as a whole.
            reverse_sql=migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name='policystep',
            constraint=models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['DEFERRED'], fields=('policy', 'uid'), name='policy_step_uid_once'),
        ),
    ]
