"""Telling a target: one request or one mail, once, within seconds. Messages of errors name no URL and no address."""

import smtplib
import socket
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit

import requests

from contact_hub import settings
from contact_hub.alerts.wording import Body, letter, payload, subject
from contact_hub.errors import ConfigurationError, ContactHubError
from contact_hub.store.alerts import AlertTarget

TIMEOUT_S = 5.0


class NotTold(ContactHubError):
    """The target could not be told; the message holds no address."""


def tell(target: AlertTarget, bodies: Sequence[Body], *, timeout_s: float = TIMEOUT_S) -> None:
    """Tell a target of failures, in one message.

    Raises:
        ConfigurationError: an address or the mail server is not said, or not usable.
        NotTold: the target did not take it.
    """
    address = settings.secret(target.address_env, purpose=f"where alerts of {target.scope} go")
    if target.kind == "webhook":
        _post(address, bodies, timeout_s)
    else:
        _mail([one.strip() for one in address.split(",") if one.strip()], bodies, timeout_s)


def _post(url: str, bodies: Sequence[Body], timeout_s: float) -> None:
    parts = _parts(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError("the webhook's variable does not hold an http(s) URL")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ConfigurationError("the webhook's URL must be https: over http, anyone can read it")
    try:
        answer = requests.post(url, json=payload(bodies), timeout=timeout_s, allow_redirects=False)
    except requests.RequestException as error:
        reason = type(error).__name__
    else:
        if answer.ok and not answer.is_redirect:
            return
        reason = f"status {answer.status_code}"
    raise NotTold(f"the webhook did not take the alert ({reason})")


def _mail(addresses: Sequence[str], bodies: Sequence[Body], timeout_s: float) -> None:
    server = _mail_server()
    message = EmailMessage()
    message["Subject"] = subject(bodies)
    message["From"] = settings.alert_sender() or f"contact_hub@{socket.gethostname()}"
    message["To"] = ", ".join(addresses)
    message.set_content(letter(bodies))
    try:
        with _connected(server, timeout_s) as connection:
            if server.username:
                connection.login(unquote(server.username), unquote(server.password or ""))
            refused = connection.send_message(message)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        reason = type(error).__name__
    else:
        if not refused:
            return
        reason = f"{len(refused)} addresses refused"
    raise NotTold(f"the mail server did not take the alert ({reason})")


def _mail_server() -> SplitResult:
    server = _parts(settings.secret(settings.SMTP_URL, purpose="the mail server, smtp://user:password@host:587"))
    if server is None or server.scheme not in ("smtp", "smtps") or not server.hostname:
        raise ConfigurationError(f"{settings.SMTP_URL} is not of the form smtp://user:password@host:587 (or smtps://)")
    return server


def _connected(server: SplitResult, timeout_s: float) -> smtplib.SMTP:
    host, context = str(server.hostname), ssl.create_default_context()
    if server.scheme == "smtps":
        return smtplib.SMTP_SSL(host, server.port or 465, timeout=timeout_s, context=context)
    connection = smtplib.SMTP(host, server.port or 587, timeout=timeout_s)
    connection.ehlo()
    if connection.has_extn("starttls"):
        connection.starttls(context=context)
        connection.ehlo()
    elif server.username and not _is_loopback(host):
        connection.close()
        raise ConfigurationError("the mail server offers no TLS: its password would travel readable")
    return connection


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no port
    except ValueError:
        return None
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
