import django.db.models.constraints
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('oncall', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Absence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField(verbose_name='from')),
                ('ends_at', models.DateTimeField(verbose_name='until')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                ('uid', models.CharField(blank=True, max_length=600)),
                ('created_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['starts_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='CalendarFeed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('url', models.TextField()),
                ('host', models.CharField(max_length=253)),
                ('purpose', models.CharField(choices=[('layer', 'The lowest layer: Tocsin’s own layers cover it'), ('overrides', 'Overrides: it covers the layers'), ('absences', 'When I am away')], max_length=12)),
                ('etag', models.CharField(blank=True, max_length=300)),
                ('last_modified', models.CharField(blank=True, max_length=100)),
                ('next_fetch_at', models.DateTimeField()),
                ('fetched_at', models.DateTimeField(blank=True, null=True)),
                ('succeeded_at', models.DateTimeField(blank=True, null=True)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('error', models.CharField(blank=True, max_length=500)),
                ('problems', models.JSONField(default=list)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='CalendarLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('hint', models.CharField(max_length=12)),
                ('created_at', models.DateTimeField()),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='CoverRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField(verbose_name='from')),
                ('ends_at', models.DateTimeField(verbose_name='until')),
                ('swap_starts_at', models.DateTimeField(blank=True, null=True)),
                ('swap_ends_at', models.DateTimeField(blank=True, null=True)),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                ('state', models.CharField(choices=[('open', 'Open'), ('accepted', 'Accepted'), ('declined', 'Declined'), ('withdrawn', 'Withdrawn'), ('expired', 'Expired')], default='open', max_length=12)),
                ('created_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['starts_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='FeedShift',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.CharField(max_length=600)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('level', models.PositiveSmallIntegerField(default=0)),
                ('summary', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'ordering': ['starts_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='MailChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('handoff_notes', models.BooleanField(default=False, help_text='When a shift of mine begins.', verbose_name='hand-off notes')),
                ('coverage_reports', models.BooleanField(default=True, help_text='Every Monday, for the teams that I manage.', verbose_name='uncovered hours')),
            ],
        ),
        migrations.CreateModel(
            name='PublishedShift',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('role', models.CharField(choices=[('primary', 'Primary'), ('secondary', 'Secondary: second in line'), ('shadow', 'Shadow: is told, never waited for')], default='primary', max_length=12)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('sequence', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('modified_at', models.DateTimeField()),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['starts_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Revision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('at', models.DateTimeField(verbose_name='at')),
                ('before', models.JSONField(default=dict)),
                ('after', models.JSONField(default=dict)),
            ],
            options={
                'ordering': ['-number'],
            },
        ),
        migrations.CreateModel(
            name='RoundRobin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('dealt', models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='layer',
            name='layer_position_once',
        ),
        migrations.RemoveConstraint(
            model_name='steptarget',
            name='step_target_is_one_thing',
        ),
        migrations.AddField(
            model_name='escalationpolicy',
            name='binding',
            field=models.CharField(choices=[('frozen', 'Goes on by the policy as it was when it began'), ('live', 'Goes on by the policy as it is now')], default='frozen', max_length=8, verbose_name='what is escalating when this is changed'),
        ),
        migrations.AddField(
            model_name='layer',
            name='continues',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='continued_by', to='oncall.layer'),
        ),
        migrations.AddField(
            model_name='layer',
            name='replaced_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='layer',
            name='role',
            field=models.CharField(choices=[('primary', 'Primary'), ('secondary', 'Secondary: second in line'), ('shadow', 'Shadow: is told, never waited for')], default='primary', max_length=12, verbose_name='role'),
        ),
        migrations.AddField(
            model_name='layer',
            name='skip_dates',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='layer',
            name='skip_holidays',
            field=models.CharField(blank=True, max_length=16, verbose_name='holidays of'),
        ),
        migrations.AddField(
            model_name='layer',
            name='skip_weekdays',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='layer',
            name='zone',
            field=models.CharField(blank=True, help_text='Only of a replaced layer.', max_length=64),
        ),
        migrations.AddField(
            model_name='override',
            name='kind',
            field=models.CharField(choices=[('replace', 'stands in'), ('add', 'is on call too'), ('remove', 'is not on call')], default='replace', max_length=8),
        ),
        migrations.AddField(
            model_name='policystep',
            name='condition',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='policystep',
            name='uid',
            field=models.UUIDField(default=uuid.uuid4, editable=False),
        ),
        migrations.AddField(
            model_name='schedule',
            name='wants_secondary',
            field=models.BooleanField(default=False, help_text='Reports time with only one of primary and secondary as thin cover.', verbose_name='two people at a time'),
        ),
        migrations.AddField(
            model_name='schedule',
            name='warns_of_gaps',
            field=models.BooleanField(default=True, help_text='By mail, every week and again before a gap begins.', verbose_name='tell the managers of gaps'),
        ),
        migrations.AddField(
            model_name='steptarget',
            name='owner',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='steptarget',
            name='team',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='step_targets', to='accounts.team'),
        ),
        migrations.AddField(
            model_name='steptarget',
            name='which',
            field=models.CharField(choices=[('primary', 'whoever is on call'), ('secondary', 'the secondary'), ('all', 'primary and secondary'), ('round_robin', 'one of its people, in turn')], default='primary', max_length=12),
        ),
        migrations.AddConstraint(
            model_name='escalationpolicy',
            constraint=models.CheckConstraint(condition=models.Q(('binding__in', ['frozen', 'live'])), name='policy_binding_known'),
        ),
        migrations.AddConstraint(
            model_name='layer',
            constraint=models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['DEFERRED'], fields=('schedule', 'position', 'replaced_at'), name='layer_position_once_at_a_time', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='layer',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['primary', 'secondary', 'shadow'])), name='layer_role_known'),
        ),
        migrations.AddConstraint(
            model_name='layer',
            constraint=models.CheckConstraint(condition=models.Q(('replaced_at', None), ('ends_at__isnull', False), _connector='OR'), name='layer_replaced_has_ended'),
        ),
        migrations.AddConstraint(
            model_name='override',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['replace', 'add', 'remove'])), name='override_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='override',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'replace'), ('replaces', None), _connector='OR'), name='override_replaces_only_as_stand_in'),
        ),
        migrations.AddConstraint(
            model_name='steptarget',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('owner', False), ('schedule', None), ('team', None), ('user__isnull', False)), models.Q(('owner', False), ('schedule__isnull', False), ('team', None), ('user', None)), models.Q(('owner', False), ('schedule', None), ('team__isnull', False), ('user', None)), models.Q(('owner', True), ('schedule', None), ('team', None), ('user', None)), _connector='OR'), name='step_target_is_one_thing'),
        ),
        migrations.AddConstraint(
            model_name='steptarget',
            constraint=models.CheckConstraint(condition=models.Q(('which__in', ['primary', 'secondary', 'all', 'round_robin'])), name='step_target_which_known'),
        ),
        migrations.AddField(
            model_name='absence',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='absences_made', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='absence',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='absences', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='calendarfeed',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='feeds_made', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='calendarfeed',
            name='schedule',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='feeds', to='oncall.schedule'),
        ),
        migrations.AddField(
            model_name='calendarfeed',
            name='user',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='calendar_feeds', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='absence',
            name='feed',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='absences', to='oncall.calendarfeed'),
        ),
        migrations.AddField(
            model_name='calendarlink',
            name='made_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='calendar_links', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='calendarlink',
            name='schedule',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='calendar_links', to='oncall.schedule'),
        ),
        migrations.AddField(
            model_name='calendarlink',
            name='team',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='calendar_links', to='accounts.team'),
        ),
        migrations.AddField(
            model_name='calendarlink',
            name='user',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='coverrequest',
            name='asked',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='cover_requests_to_me', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='coverrequest',
            name='asker',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cover_requests', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='coverrequest',
            name='override',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='cover_requests', to='oncall.override'),
        ),
        migrations.AddField(
            model_name='coverrequest',
            name='schedule',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cover_requests', to='oncall.schedule'),
        ),
        migrations.AddField(
            model_name='coverrequest',
            name='swap_override',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='swap_requests', to='oncall.override'),
        ),
        migrations.AddField(
            model_name='coverrequest',
            name='taken_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='covers_taken', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='feedshift',
            name='feed',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shifts', to='oncall.calendarfeed'),
        ),
        migrations.AddField(
            model_name='feedshift',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='feed_shifts', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='mailchoice',
            name='user',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='mail_choice', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='publishedshift',
            name='schedule',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='published_shifts', to='oncall.schedule'),
        ),
        migrations.AddField(
            model_name='publishedshift',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='published_shifts', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='revision',
            name='actor',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='oncall_revisions', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='revision',
            name='policy',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='revisions', to='oncall.escalationpolicy'),
        ),
        migrations.AddField(
            model_name='revision',
            name='schedule',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='revisions', to='oncall.schedule'),
        ),
        migrations.AddField(
            model_name='revision',
            name='undoes',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='undone_by', to='oncall.revision'),
        ),
        migrations.AddField(
            model_name='roundrobin',
            name='policy',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='round_robins', to='oncall.escalationpolicy'),
        ),
        migrations.AddField(
            model_name='roundrobin',
            name='schedule',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='round_robins', to='oncall.schedule'),
        ),
        migrations.AddIndex(
            model_name='calendarfeed',
            index=models.Index(fields=['next_fetch_at'], name='feed_next_fetch'),
        ),
        migrations.AddConstraint(
            model_name='calendarfeed',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('purpose', 'absences'), ('schedule', None), ('user__isnull', False)), models.Q(('purpose__in', ['layer', 'overrides']), ('schedule__isnull', False), ('user', None)), _connector='OR'), name='feed_has_its_owner'),
        ),
        migrations.AddIndex(
            model_name='absence',
            index=models.Index(fields=['user', 'ends_at'], name='absence_user_end'),
        ),
        migrations.AddConstraint(
            model_name='absence',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='absence_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='calendarlink',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('schedule', None), ('team', None), ('user__isnull', False)), models.Q(('schedule__isnull', False), ('team', None), ('user', None)), models.Q(('schedule', None), ('team__isnull', False), ('user', None)), _connector='OR'), name='calendar_link_is_for_one_thing'),
        ),
        migrations.AddIndex(
            model_name='coverrequest',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['schedule', 'ends_at'], name='cover_open'),
        ),
        migrations.AddConstraint(
            model_name='coverrequest',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='cover_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='coverrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('swap_ends_at', None), ('swap_starts_at', None)), models.Q(('swap_ends_at__gt', models.F('swap_starts_at')), ('swap_starts_at__isnull', False)), _connector='OR'), name='cover_swap_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='coverrequest',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['open', 'accepted', 'declined', 'withdrawn', 'expired'])), name='cover_state_known'),
        ),
        migrations.AddConstraint(
            model_name='coverrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='cover_decided_has_time'),
        ),
        migrations.AddIndex(
            model_name='feedshift',
            index=models.Index(fields=['feed', 'ends_at'], name='feed_shift_end'),
        ),
        migrations.AddConstraint(
            model_name='feedshift',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='feed_shift_ends_after_start'),
        ),
        migrations.AddIndex(
            model_name='publishedshift',
            index=models.Index(fields=['schedule', 'ends_at'], name='published_shift_end'),
        ),
        migrations.AddConstraint(
            model_name='publishedshift',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='published_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('policy', None), ('schedule__isnull', False)), models.Q(('policy__isnull', False), ('schedule', None)), _connector='OR'), name='revision_is_of_one_thing'),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.UniqueConstraint(condition=models.Q(('schedule__isnull', False)), fields=('schedule', 'number'), name='schedule_revision_once'),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.UniqueConstraint(condition=models.Q(('policy__isnull', False)), fields=('policy', 'number'), name='policy_revision_once'),
        ),
        migrations.AddConstraint(
            model_name='roundrobin',
            constraint=models.UniqueConstraint(fields=('policy', 'schedule'), name='round_robin_once_per_schedule'),
        ),
    ]
