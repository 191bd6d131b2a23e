import accounts.zones
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('catalog', '0001_initial'),
        ('oncall', '0003_a_uid_for_each_step'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Assertion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('severity', models.PositiveSmallIntegerField(blank=True, choices=[(1, 'SEV1'), (2, 'SEV2'), (3, 'SEV3'), (4, 'SEV4')], null=True, verbose_name='severity')),
                ('at', models.DateTimeField(blank=True, null=True, verbose_name='at')),
                ('weekday', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='on')),
                ('local_time', models.TimeField(blank=True, null=True, verbose_name='at')),
                ('time_zone', models.CharField(default='UTC', max_length=64, validators=[accounts.zones.validate_zone], verbose_name='time zone')),
                ('expect', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField()),
                ('checked_at', models.DateTimeField(blank=True, null=True)),
                ('holds', models.BooleanField(blank=True, null=True)),
                ('answer', models.CharField(blank=True, max_length=500)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='assertions_made', to=settings.AUTH_USER_MODEL)),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='assertions', to='catalog.service')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='assertions', to='accounts.team')),
            ],
            options={
                'ordering': ['team_id', 'name', 'id'],
                'constraints': [models.UniqueConstraint(fields=('team', 'name'), name='assertion_name_once_per_team'), models.CheckConstraint(condition=models.Q(models.Q(('at__isnull', False), ('local_time', None)), models.Q(('at', None), ('local_time__isnull', False)), _connector='OR'), name='assertion_has_one_moment'), models.CheckConstraint(condition=models.Q(('weekday', None), ('weekday__lte', 6), _connector='OR'), name='assertion_weekday_known'), models.CheckConstraint(condition=models.Q(('severity', None), ('severity__in', [1, 2, 3, 4]), _connector='OR'), name='assertion_severity_known')],
            },
        ),
        migrations.CreateModel(
            name='HandoffNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField()),
                ('at', models.DateTimeField()),
                ('outgoing', models.JSONField(default=list)),
                ('incoming', models.JSONField(default=list)),
                ('body', models.JSONField(default=dict)),
                ('remark', models.TextField(blank=True, max_length=5000, verbose_name='remark')),
                ('created_at', models.DateTimeField()),
                ('remark_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='handoff_remarks', to=settings.AUTH_USER_MODEL)),
                ('schedule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='handoff_notes', to='oncall.schedule')),
            ],
            options={
                'ordering': ['-at', '-id'],
                'constraints': [models.UniqueConstraint(fields=('schedule', 'at'), name='handoff_note_once'), models.CheckConstraint(condition=models.Q(('at__gt', models.F('since'))), name='handoff_note_after_since')],
            },
        ),
    ]
