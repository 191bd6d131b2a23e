from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0003_escalations_know_their_policy'),
    ]

    operations = [
        migrations.AddField(
            model_name='escalation',
            name='waiting_since',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='escalation',
            name='waiting',
            field=models.CharField(blank=True, max_length=300),
        ),
    ]
