"""What a Chatwoot account posts in a morning: the sandbox's own desk is at work, and its webhooks are collected."""

from datetime import datetime, timedelta

from contact_hub.sandbox.chatwoot.desk import Desk
from contact_hub.sandbox.morning.cast import Patient
from contact_hub.sandbox.morning.deliveries import Delivery


class _Clock:
    """Says what it was set to."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)


def conversations(patient: Patient, begin: datetime) -> list[Delivery]:
    """A patient on the clinic's second WhatsApp number, answered by an agent; then a visitor in the website's chat."""
    clock = _Clock(begin)
    desk = Desk(clock=clock)
    message = desk.receive("whatsapp", patient.mobile, "Can I move Thursday to the afternoon?", name=patient.name)
    clock.forward(2)
    desk.assign(message.conversation, desk.agent)
    clock.forward(1)
    desk.private_note(message.conversation, "Prefers Anna. Checking her afternoon.")
    clock.forward(3)
    desk.agent_reply(message.conversation, "Thursday at three is free. Shall I move you?")
    clock.forward(4)
    desk.receive("whatsapp", patient.mobile, "Yes please!")
    clock.forward(11)
    desk.receive("web", "5b0f7c1e-2a47-4d0b-9a55-6c2f0e7d1b01", "Do you have parking?")
    return _twice([Delivery("chatwoot", "/webhooks/chatwoot", sent.body, "chatwoot") for sent in desk.webhooks.deliveries])


def _twice(deliveries: list[Delivery]) -> list[Delivery]:
    """With the first message delivered twice, as Chatwoot does now and then (APIS §2.3)."""
    first = next(place for place, one in enumerate(deliveries) if b'"event":"message_created"' in one.body)
    return [*deliveries[: first + 1], *deliveries[first:]]
