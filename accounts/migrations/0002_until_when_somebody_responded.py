from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='responded_until',
            field=models.DateTimeField(blank=True, help_text='When they stopped being able to respond; who could never has none.', null=True),
        ),
    ]
