"""The report of a clinic: one page of charts and numbers that can be sent to it. Counts only; nobody can be found in it."""

from contact_hub.reporting.facts import ReportFacts, report_facts
from contact_hub.reporting.page import page

__all__ = ["ReportFacts", "page", "report_facts"]
