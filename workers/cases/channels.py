"""How a notice leaves: by SMTP, or to a webhook of Slack or Teams. Each call sends once, or raises NotTold."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime, localtime
from typing import Any

import requests

from workers.cases.notice_words import Words
from workers.config import Mail, OwnerSettings

TAKEN = range(200, 300)


class NotTold(Exception):
    """A notice that its channel did not take. The message says why, without addresses and secrets."""


def send_mail(mail: Mail, owner: OwnerSettings, words: Words, number: int, answers: int | None) -> str:
    """Send an e-mail. Its Message-ID is the notice's own, so a repeat is known as one; ``answers`` is that it follows.

    Returns how many of several addresses were refused while the others took it, in words; empty where all took it.

    Raises:
        NotTold: the server cannot be reached or refuses every address; it may be tried again.
    """
    message = EmailMessage()
    message["From"] = mail.sender
    message["To"] = ", ".join(owner.email)
    message["Subject"] = words.title
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = _id(number, mail)
    message["Auto-Submitted"] = "auto-generated"
    if answers is not None:
        message["In-Reply-To"] = message["References"] = _id(answers, mail)
    message.set_content(words.text)
    try:
        with _server(mail) as server:
            refused = server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        code = f" ({error.smtp_code})" if isinstance(error, smtplib.SMTPResponseException) else ""
        raise NotTold(f"{mail.host}:{mail.port} does not take it: {type(error).__name__}{code}") from None
    return f"{mail.host} refuses {len(refused)} of {len(owner.email)} addresses" if refused else ""


def _server(mail: Mail) -> smtplib.SMTP:
    if mail.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            mail.host, mail.port, timeout=mail.timeout, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=mail.timeout)
    try:
        if mail.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if mail.user:
            server.login(mail.user, mail.password)
    except BaseException:
        server.close()
        raise
    return server


def _id(number: int, mail: Mail) -> str:
    return f"<notice-{number}@{mail.sender.rpartition('@')[2]}>"


def send_webhook(owner: OwnerSettings, words: Words, timeout: float) -> None:
    """Post to the owner's webhook. Raises NotTold as ``send_mail`` does."""
    body = _card(words) if owner.webhook_kind == "teams" else {"text": _slack(words)}
    try:
        answer = requests.post(owner.webhook, json=body, timeout=timeout, allow_redirects=False)
    except requests.RequestException as error:
        raise NotTold(f"the webhook cannot be reached: {type(error).__name__}") from None
    if answer.status_code not in TAKEN:
        raise NotTold(f"the webhook answers HTTP {answer.status_code}")


def _slack(words: Words) -> str:
    text = "\n".join([f"*{_escaped(words.title)}*", *map(_escaped, words.lines)])
    return f"{text}\n<{words.link}|Open it on the desk>" if words.link else text


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _card(words: Words) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = [
        {"type": "TextBlock", "text": words.title, "weight": "Bolder", "wrap": True},
        *({"type": "TextBlock", "text": line, "wrap": True} for line in words.lines),
    ]
    actions = [{"type": "Action.OpenUrl", "title": "Open it on the desk", "url": words.link}] if words.link else []
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": blocks,
        "actions": actions,
    }
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }
