"""Where data comes from: systems outside, so that the graph begins where the data does. Dagster runs none of them."""

import dagster as dg

GROUP = "sources"

cliniko_api = dg.AssetSpec(
    "cliniko_api",
    group_name=GROUP,
    description=(
        "The practice software of each clinic: patients, appointments, businesses, practitioners. Read over its API with the "
        "clinic's own key, at most 200 requests a minute a user."
    ),
    kinds={"cliniko"},
)

chatwoot_api = dg.AssetSpec(
    "chatwoot_api",
    group_name=GROUP,
    description=(
        "The inbox of clinics that use Chatwoot. Its webhooks arrive at the gateway; its API is read for what they lose, and "
        "for contacts that were merged there."
    ),
    kinds={"chatwoot"},
)

channel_webhooks = dg.AssetSpec(
    "channel_webhooks",
    group_name=GROUP,
    description=(
        "What providers and workflows send to the gateway: Chatwoot, WhatsApp, Instagram, Messenger, Twilio, mail, forms and "
        "n8n. Verified by signature or token, and durable before it is answered."
    ),
    kinds={"webhook"},
)

SOURCES = (cliniko_api, chatwoot_api, channel_webhooks)
