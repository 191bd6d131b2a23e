import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0002_timeline_is_append_only'),
        ('oncall', '0003_a_uid_for_each_step'),
    ]

    operations = [
        migrations.AddField(
            model_name='escalation',
            name='policy',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='escalations', to='oncall.escalationpolicy'),
        ),
        migrations.AddField(
            model_name='escalation',
            name='rounds',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='escalation',
            name='waiting',
            field=models.CharField(blank=True, max_length=200),
        ),
    ]
