from django.apps import AppConfig
from django.db.models.signals import post_migrate


class BillingConfig(AppConfig):
    name = "billing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Seed after migrations, and after a test has emptied the tables."""
        from billing.seed import seed_billing

        post_migrate.connect(seed_billing, sender=self, dispatch_uid="billing.seed")
