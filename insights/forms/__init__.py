"""What people fill in: about hand-offs, questions and assertions."""

from insights.forms.assertions import AssertionForm
from insights.forms.handoffs import MailChoiceForm, RemarkForm
from insights.forms.simulator import SimulatorForm

__all__ = ["AssertionForm", "MailChoiceForm", "RemarkForm", "SimulatorForm"]
