from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from marketplace.accounts.keys import UnableToMakeKey, create_api_key
from marketplace.accounts.models import ApiKey, User
from matching.models import Participant


class Command(BaseCommand):
    """Make an API key."""

    help = "Make an API key for a person, acting for one of its organisations, for finance or for operations; prints the token once."
    requires_system_checks = ()  # `make check` runs them; they read every page and cost a process seconds

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare for whom."""
        parser.add_argument("email")
        parser.add_argument("--participant", metavar="SLUG", help="the organisation; without one, --for says for whom")
        parser.add_argument("--for", dest="acts_for", choices=["finance", "operations"], default="finance")
        parser.add_argument("--may", choices=ApiKey.May.values, default=ApiKey.May.CHANGE.value)
        parser.add_argument("--name", default="made by an operator")

    def handle(self, **options: Any) -> None:
        """Make it and print the token."""
        try:
            user = User.objects.get(email=options["email"])
            slug = options["participant"]
            participant = Participant.objects.get(slug=slug) if slug else None
            _, token = create_api_key(
                user=user,
                participant=participant,
                name=options["name"],
                acts_for=ApiKey.ActsFor.ORGANISATION if slug else options["acts_for"],
                may=options["may"],
                now=timezone.now(),
            )
        except User.DoesNotExist as error:
            raise CommandError(f"Nobody signs in as {options['email']}.") from error
        except Participant.DoesNotExist as error:
            raise CommandError(f"There is no organisation {options['participant']}.") from error
        except UnableToMakeKey as error:
            raise CommandError(str(error)) from error
        self.stdout.write(token)
