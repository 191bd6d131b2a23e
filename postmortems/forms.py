"""What people type into a postmortem."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lib.markdown import LONGEST
from postmortems.models import ActionItem, ActionKind, Postmortem


class SectionForm(forms.Form):
    """One section's Markdown, and the version that the writer started from."""

    text = forms.CharField(
        required=False,
        max_length=LONGEST,
        strip=False,
        label=_("Text"),
        help_text=_("Markdown."),
        widget=forms.Textarea(attrs={"rows": 10}),
    )
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class ActionItemForm(forms.Form):
    """What will be done, by whom, by when."""

    text = forms.CharField(max_length=500, label=_("What will be done"))
    owner = forms.ModelChoiceField(queryset=User.objects.none(), label=_("Owner"), empty_label=_("Choose"))
    due_on = forms.DateField(
        label=_("Due"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    kind = forms.ChoiceField(choices=ActionKind.choices, initial=ActionKind.PREVENT, label=_("Kind"))

    def __init__(self, *args: Any, item: ActionItem | None = None, **kwargs: Any) -> None:
        if item:
            kwargs.setdefault("initial", {"text": item.text, "owner": item.owner_id, "due_on": item.due_on})
            kwargs["initial"]["kind"] = item.kind
        super().__init__(*args, **kwargs)
        people = User.objects.active()
        if item:  # an owner who has left stays until somebody else takes it
            people = people | User.objects.filter(pk=item.owner_id)
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ModelChoiceField)  # noqa: S101 - declared above
        owner.queryset = people

    def wanted(self) -> dict[str, Any]:
        """The keywords of the actions that add and edit."""
        return {name: self.cleaned_data[name] for name in ("text", "owner", "due_on")} | {
            "kind": ActionKind(self.cleaned_data["kind"])
        }


class MarkForm(forms.Form):
    """What the authors do with one entry of the timeline."""

    DO = ("pin", "unpin", "hide", "show", "comment")

    do = forms.ChoiceField(choices=[(name, name) for name in DO])
    comment = forms.CharField(required=False, max_length=500, label=_("Comment"))


class SubmitForm(forms.Form):
    """Who is asked to review."""

    reviewers = forms.ModelMultipleChoiceField(
        queryset=User.objects.none(),
        required=False,
        label=_("Ask to review"),
        widget=forms.SelectMultiple(attrs={"size": 5}),
        help_text=_(
            "Any responder other than the author may approve; those you name find it waiting for them."
        ),
    )

    def __init__(self, *args: Any, postmortem: Postmortem, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reviewers = self.fields["reviewers"]
        assert isinstance(reviewers, forms.ModelMultipleChoiceField)  # noqa: S101 - declared above
        reviewers.queryset = possible_reviewers(postmortem)


class CommentForm(forms.Form):
    """What goes on record beside a step of the review."""

    comment = forms.CharField(
        required=False, max_length=5_000, label=_("Comment"), widget=forms.Textarea(attrs={"rows": 3})
    )


class ListFilter(forms.Form):
    """The filters of the lists; nonsense in the address is an empty filter, not an error."""

    STATES = ("draft", "in_review", "published", "waiting")

    state = forms.ChoiceField(choices=[(name, name) for name in STATES], required=False)
    show = forms.ChoiceField(choices=[("mine", "mine"), ("overdue", "overdue")], required=False)

    def value_of(self, name: str) -> str:
        """The chosen value, or an empty text."""
        self.is_valid()
        return str(self.cleaned_data.get(name) or "")


def possible_reviewers(postmortem: Postmortem) -> QuerySet[User]:
    """Everybody who acts on incidents, but for the author."""
    people: QuerySet[User] = User.objects.responders().exclude(pk=postmortem.author_id)
    return people
