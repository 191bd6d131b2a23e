"""Who works at Pellworth, an invented mail-order house for garden supplies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.actions import create_person, create_team, set_member
from accounts.models import Role, Team, TeamRole, User
from config.demo.wire import DOMAIN
from lib.sealing import seal
from lib.signing import new_secret
from notifications.models import ContactMethod, NotificationRule, Urgency

AT_ONCE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Person:
    """A row to be. `manages` makes them the manager of their team; `hook` gives them a webhook for what is not
    urgent, besides their mail; `again` mails an urgent page a second time after so many minutes."""

    name: str
    zone: str
    team: str = ""
    manages: bool = False
    hook: bool = False
    again: int = 0
    role: str = Role.RESPONDER


TEAMS = {
    "payments": ("Payments", "Checkout, card payments and the books behind them."),
    "storefront": ("Storefront", "What customers see: the web shop and its search."),
    "platform": ("Platform", "Sign-in, the order pipeline, and everything that the others run on."),
}
PEOPLE = (
    Person("Ingrid Solheim", "Europe/Oslo", "payments", manages=True, again=3),
    Person("Tomasz Wieczorek", "Europe/Warsaw", "payments", hook=True),
    Person("Amara Okonjo", "Europe/London", "payments", again=2),
    Person("Rafael Quintanilha", "America/Sao_Paulo", "payments"),
    Person("Claire Dubrulle", "Europe/Paris", "storefront", manages=True, again=3),
    Person("Mateo Ibarra", "America/Mexico_City", "storefront", hook=True),
    Person("Yuki Hanamori", "Asia/Tokyo", "storefront", again=4),
    Person("Priya Raghunath", "Asia/Kolkata", "storefront"),
    Person("Noor van den Heuvel", "Europe/Amsterdam", "platform", manages=True, again=2),
    Person("Kwame Asantewa", "America/Toronto", "platform", hook=True),
    Person("Leilani Kahale", "Pacific/Auckland", "platform"),
    Person("Hannah Oduya", "Europe/Dublin", role=Role.VIEWER),
)


@dataclass(frozen=True, slots=True)
class Company:
    """The rows: teams by their key, people by their first name in lower case, responders by team."""

    teams: dict[str, Team]
    people: dict[str, User]
    crews: dict[str, tuple[User, ...]]

    def crew_of(self, team_id: int) -> tuple[User, ...]:
        """The responders of one team."""
        return next(self.crews[key] for key, team in self.teams.items() if team.pk == team_id)


def found(*, admin: User, now: datetime) -> Company:
    """Write teams and people, with the ways in which they are reached; `admin` manages Payments too."""
    teams = {
        key: create_team(actor=admin, name=name, description=about, now=now)
        for key, (name, about) in TEAMS.items()
    }
    people = {_handle(person): _hire(person, teams, admin, now) for person in PEOPLE}
    User.objects.filter(pk__in=[user.pk for user in people.values()]).update(date_joined=now)
    set_member(actor=admin, team=teams["payments"], user=admin, role=TeamRole.MANAGER, now=now)
    crews = {key: tuple(people[_handle(each)] for each in PEOPLE if each.team == key) for key in TEAMS}
    return Company(teams, people, crews)


def address_of(person: Person) -> str:
    """`ingrid.solheim@pellworth.example`."""
    return f"{person.name.lower().replace(' ', '.')}@{DOMAIN}"


def _handle(person: Person) -> str:
    return person.name.partition(" ")[0].lower()


def _hire(person: Person, teams: dict[str, Team], admin: User, now: datetime) -> User:
    user = create_person(
        actor=admin,
        email=address_of(person),
        name=person.name,
        role=person.role,
        time_zone=person.zone,
        now=now,
    )
    if person.team:
        role = TeamRole.MANAGER if person.manages else TeamRole.MEMBER
        set_member(actor=admin, team=teams[person.team], user=user, role=role, now=now)
    _reach(person, user, now)
    return user


def _reach(person: Person, user: User, now: datetime) -> None:
    """Mail for everything urgent; a webhook only for what is not, and late: nobody listens at that address."""
    mail = ContactMethod(
        user=user, transport="email", address=user.email, label="Work", created_at=now, verified_at=now
    )
    hook = ContactMethod(
        user=user,
        transport="webhook",
        address=f"https://hooks.{DOMAIN}/{_handle(person)}",
        label="Desk lamp",
        secret=seal(new_secret()),
        created_at=now,
        verified_at=now,
    )
    ContactMethod.objects.bulk_create([mail, hook] if person.hook else [mail])
    rules = [(Urgency.HIGH, mail, AT_ONCE), (Urgency.LOW, mail, AT_ONCE)]
    if person.again:
        rules.append((Urgency.HIGH, mail, timedelta(minutes=person.again)))
    if person.hook:
        rules.append((Urgency.LOW, hook, timedelta(hours=1)))
    NotificationRule.objects.bulk_create(
        NotificationRule(user=user, urgency=urgency, method=method, delay=delay)
        for urgency, method, delay in rules
    )
