"""Sessions that carry a secret: they follow nobody elsewhere, and take no other credentials than those given."""

from importlib.metadata import version

import requests


class _Session(requests.Session):
    """Follows no redirect, and does not so much as parse where one leads."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def api_session(base_url: str, *, contact: str | None = None) -> requests.Session:
    """A session for an API at ``base_url`` that answers in JSON; the caller adds the credentials.

    Args:
        contact: whom the API's staff may write to.
    """
    session = _Session()
    session.headers["Accept"] = "application/json"
    agent = f"contact_hub/{version('contact-hub')}"
    session.headers["User-Agent"] = f"{agent} ({contact})" if contact else agent
    # Plain http is for this machine or network only; a proxy from the environment would carry the secret, readable, elsewhere.
    session.trust_env = base_url.startswith("https://")
    return session
