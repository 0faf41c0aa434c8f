"""The replies that contact_hub brings along, by language and case. A clinic puts its own in their place.

A text for somebody who may be told nothing says nothing of records, patients or appointments that exist.
"""

from collections.abc import Mapping

from contact_hub.context.cases import Case

BUILT_IN: Mapping[str, Mapping[Case, str]] = {
    "en": {
        "appointment": (
            "Hi{% if name %} {{ name }}{% endif %}! I see you have an appointment {{ when }}"
            "{% if practitioner %} with {{ practitioner }}{% endif %}. How can we help?"
        ),
        "moved": (
            "Hi{% if name %} {{ name }}{% endif %}! Your appointment has moved: it is now {{ when }}"
            "{% if practitioner %} with {{ practitioner }}{% endif %}, no longer {{ was }}."
        ),
        "cancelled": (
            "Hi{% if name %} {{ name }}{% endif %}! Your appointment {{ was }} has been cancelled."
            "{% if when %} Your next one is {{ when }}{% if practitioner %} with {{ practitioner }}{% endif %}.{% endif %}"
            " How can we help?"
        ),
        "no_appointment": (
            "Hi{% if name %} {{ name }}{% endif %}! I can see no upcoming appointment of yours. Would you like to book one?"
        ),
        "unconfirmed": (
            "Hi{% if name %} {{ name }}{% endif %}! Thanks for your message. I cannot look into our appointment book right now;"
            " someone from {{ clinic }} will get back to you shortly."
        ),
        "neutral": "Hi! Thanks for your message. Someone from {{ clinic }} will get back to you shortly.",
        "stranger": (
            "Hi! Thanks for your message to {{ clinic }}. Please tell us your name and how we can help;"
            " someone from our team will get back to you shortly."
        ),
        "preference_question": "Would you prefer reminders via WhatsApp or email?",
        "preference_confirmed": "Thank you! We will send your reminders via {{ reminders }}.",
        "reminders_off": "Thank you! We will not send you reminders. Write to us whenever you want them again.",
    },
    "de": {
        "appointment": (
            "Hallo{% if name %} {{ name }}{% endif %}! Ich sehe, dass Sie {{ when }} einen Termin"
            "{% if practitioner %} bei {{ practitioner }}{% endif %} haben. Wie können wir helfen?"
        ),
        "moved": (
            "Hallo{% if name %} {{ name }}{% endif %}! Ihr Termin wurde verschoben: Er ist jetzt {{ when }}"
            "{% if practitioner %} bei {{ practitioner }}{% endif %}, nicht mehr {{ was }}."
        ),
        "cancelled": (
            "Hallo{% if name %} {{ name }}{% endif %}! Ihr Termin {{ was }} wurde abgesagt."
            "{% if when %} Ihr nächster Termin ist {{ when }}"
            "{% if practitioner %} bei {{ practitioner }}{% endif %}.{% endif %} Wie können wir helfen?"
        ),
        "no_appointment": (
            "Hallo{% if name %} {{ name }}{% endif %}! Ich sehe keinen kommenden Termin für Sie. Möchten Sie einen vereinbaren?"
        ),
        "unconfirmed": (
            "Hallo{% if name %} {{ name }}{% endif %}! Danke für Ihre Nachricht. Ich kann gerade nicht in den Terminkalender"
            " sehen; {{ clinic }} meldet sich in Kürze bei Ihnen."
        ),
        "neutral": "Hallo! Danke für Ihre Nachricht. {{ clinic }} meldet sich in Kürze bei Ihnen.",
        "stranger": (
            "Hallo! Danke für Ihre Nachricht an {{ clinic }}. Bitte nennen Sie uns Ihren Namen und Ihr Anliegen;"
            " wir melden uns in Kürze bei Ihnen."
        ),
        "preference_question": "Möchten Sie Erinnerungen lieber per WhatsApp oder per E-Mail erhalten?",
        "preference_confirmed": "Danke! Wir senden Ihre Erinnerungen per {{ reminders }}.",
        "reminders_off": "Danke! Wir senden Ihnen keine Erinnerungen. Schreiben Sie uns, wenn Sie wieder welche möchten.",
    },
    "es": {
        "appointment": (
            "Hola{% if name %}, {{ name }}{% endif %}: veo que tiene una cita {{ when }}"
            "{% if practitioner %} con {{ practitioner }}{% endif %}. ¿En qué podemos ayudarle?"
        ),
        "moved": (
            "Hola{% if name %}, {{ name }}{% endif %}: su cita ha cambiado; ahora es {{ when }}"
            "{% if practitioner %} con {{ practitioner }}{% endif %}, y ya no {{ was }}."
        ),
        "cancelled": (
            "Hola{% if name %}, {{ name }}{% endif %}: su cita {{ was }} ha sido cancelada."
            "{% if when %} Su próxima cita es {{ when }}{% if practitioner %} con {{ practitioner }}{% endif %}.{% endif %}"
            " ¿En qué podemos ayudarle?"
        ),
        "no_appointment": (
            "Hola{% if name %}, {{ name }}{% endif %}: no veo ninguna cita próxima a su nombre. ¿Desea reservar una?"
        ),
        "unconfirmed": (
            "Hola{% if name %}, {{ name }}{% endif %}: gracias por su mensaje. Ahora mismo no puedo consultar la agenda;"
            " alguien de {{ clinic }} le responderá en breve."
        ),
        "neutral": "Hola: gracias por su mensaje. Alguien de {{ clinic }} le responderá en breve.",
        "stranger": (
            "Hola: gracias por su mensaje a {{ clinic }}. Díganos, por favor, su nombre y en qué podemos ayudarle;"
            " le responderemos en breve."
        ),
        "preference_question": "¿Prefiere recibir los recordatorios por WhatsApp o por correo electrónico?",
        "preference_confirmed": "¡Gracias! Le enviaremos los recordatorios por {{ reminders }}.",
        "reminders_off": "¡Gracias! No le enviaremos recordatorios. Escríbanos cuando quiera recibirlos de nuevo.",
    },
    "fr": {
        "appointment": (
            "Bonjour{% if name %} {{ name }}{% endif %} ! Je vois que vous avez rendez-vous {{ when }}"
            "{% if practitioner %} avec {{ practitioner }}{% endif %}. Comment pouvons-nous vous aider ?"
        ),
        "moved": (
            "Bonjour{% if name %} {{ name }}{% endif %} ! Votre rendez-vous a été déplacé : il a maintenant lieu {{ when }}"
            "{% if practitioner %} avec {{ practitioner }}{% endif %}, et non plus {{ was }}."
        ),
        "cancelled": (
            "Bonjour{% if name %} {{ name }}{% endif %} ! Votre rendez-vous prévu {{ was }} a été annulé."
            "{% if when %} Votre prochain rendez-vous a lieu {{ when }}"
            "{% if practitioner %} avec {{ practitioner }}{% endif %}.{% endif %} Comment pouvons-nous vous aider ?"
        ),
        "no_appointment": (
            "Bonjour{% if name %} {{ name }}{% endif %} ! Je ne vois aucun rendez-vous à venir. Souhaitez-vous en prendre un ?"
        ),
        "unconfirmed": (
            "Bonjour{% if name %} {{ name }}{% endif %} ! Merci pour votre message. Je ne peux pas consulter l’agenda pour"
            " l’instant ; quelqu’un de {{ clinic }} vous répondra sous peu."
        ),
        "neutral": "Bonjour ! Merci pour votre message. Quelqu’un de {{ clinic }} vous répondra sous peu.",
        "stranger": (
            "Bonjour ! Merci pour votre message à {{ clinic }}. Merci de nous indiquer votre nom et votre demande ;"
            " nous vous répondrons sous peu."
        ),
        "preference_question": "Préférez-vous recevoir vos rappels par WhatsApp ou par e-mail ?",
        "preference_confirmed": "Merci ! Nous vous enverrons vos rappels par {{ reminders }}.",
        "reminders_off": "Merci ! Nous ne vous enverrons pas de rappels. Écrivez-nous si vous en souhaitez à nouveau.",
    },
    "zh": {
        "appointment": (
            "您好{% if name %}，{{ name }}{% endif %}！您的预约时间是{{ when }}"
            "{% if practitioner %}，由 {{ practitioner }} 接诊{% endif %}。请问有什么可以帮您？"
        ),
        "moved": (
            "您好{% if name %}，{{ name }}{% endif %}！您的预约已由{{ was }}改为{{ when }}"
            "{% if practitioner %}，由 {{ practitioner }} 接诊{% endif %}。"
        ),
        "cancelled": (
            "您好{% if name %}，{{ name }}{% endif %}！您{{ was }}的预约已取消。"
            "{% if when %}您的下一次预约是{{ when }}{% if practitioner %}，由 {{ practitioner }} 接诊{% endif %}。{% endif %}"
            "请问有什么可以帮您？"
        ),
        "no_appointment": "您好{% if name %}，{{ name }}{% endif %}！我没有看到您即将到来的预约。您想预约吗？",
        "unconfirmed": (
            "您好{% if name %}，{{ name }}{% endif %}！感谢您的留言。我目前无法查看预约表，"
            "{{ clinic }} 的工作人员会尽快回复您。"
        ),
        "neutral": "您好！感谢您的留言，{{ clinic }} 的工作人员会尽快回复您。",
        "stranger": "您好！感谢您联系 {{ clinic }}。请告诉我们您的姓名以及需要什么帮助，我们的工作人员会尽快回复您。",
        "preference_question": "您希望通过 WhatsApp 还是电子邮件接收提醒？",
        "preference_confirmed": "谢谢！我们会通过{{ reminders }}向您发送提醒。",
        "reminders_off": "谢谢！我们不会向您发送提醒。如需恢复，请随时告诉我们。",
    },
}
