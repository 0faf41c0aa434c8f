"""The words of an answer about reminders, with what each means there."""

from collections.abc import Mapping
from typing import Literal

Sense = Literal[
    "whatsapp", "email", "sms", "both", "neither", "stop", "any", "not", "or", "and", "than", "but", "reminders", "filler",
    "pause",
]  # fmt: skip

_PHRASES: Mapping[Sense, str] = {
    "whatsapp": "whatsapp, whats app, watsapp, whatsap, whatapp, wats app, whatsup, whattsapp, whatsaap, wapp",
    "email": (
        "email, e mail, emails, e mails, mail, mails, correo, correo electrónico, correo electronico, courriel, courriels, "
        "邮件, 电邮, 电子邮件, 邮箱, 电子邮箱, email address, correos"
    ),
    "sms": "sms, text message, text messages, mensaje de texto, texto, 短信",
    "both": (
        "both, both of them, beide, beides, alle beide, ambos, los dos, las dos, les deux, tous les deux, "
        "两个都要, 两者都要, 都要, 两个, 两者, 两种都要"
    ),
    "neither": (
        "neither, neither of them, none, none of them, nothing, weder, keins, keines, keins von beiden, keines von beiden, "
        "ninguno, ninguno de los dos, ni l un ni l autre, aucun, aucun des deux, 都不要, 两个都不要, 都不用, 都不"
    ),
    "stop": (
        "stop, stop all, stopall, unsubscribe, unsubscribe me, opt out, opt me out, stopp, abmelden, abbestellen, arret, "
        "arrêt, arrêtez, désabonner, désinscrire, alto, darme de baja, baja, 退订, 停止"
    ),
    "any": (
        "either, either one, whichever, whatever, don t mind, do not mind, don t care, do not care, no preference, egal, "
        "ist egal, mir egal, da igual, me da igual, cualquiera, peu importe, n importe, l un ou l autre, 都可以, 都行, 随便, "
        "not only, not just, nicht nur, no solo, no sólo, pas seulement"
    ),
    "not": "not, no, never, nicht, kein, keine, keinen, nein, pas, non, nunca, 不, 不要, 不用, 别",
    "or": "or, oder, o, ou, 或, 或者, 还是",
    "and": "and, und, y, et, as well as, sowie, 和, 跟, 与, 还有",
    "than": (
        "than, rather than, over, instead of, more than, not by, als, statt, anstatt, anstelle von, en lugar de, en vez de, "
        "que no, plutôt que, plutot que, au lieu de, 而不是, nor, noch, ni"
    ),
    "but": "but, sondern, aber, sino, pero, mais, 但, 但是, 而是",
    "reminders": (
        "reminder, reminders, erinnerung, erinnerungen, recordatorio, recordatorios, rappel, rappels, 提醒, messages, message, "
        "messaging, nachrichten, mensajes"
    ),
    "filler": (
        # English
        "i, i d, id, i m, i ll, me, my, mine, for me, to me, you, your, it, them, that, this, is, s, are, be, would, d, could, "
        "can, will, do, please, pls, plz, thanks, thank, thx, ty, cheers, many, much, very, a, an, the, via, by, by way of, "
        "through, on, with, use, using, send, sending, get, receive, have, want, like, love, prefer, preferred, preference, "
        "rather, better, best, easier, easiest, good, great, fine, perfect, works, work, ok, okay, k, yes, yep, yeah, yup, "
        "sure, just, only, simply, to, in, instead, option, one, go, go with, let s, lets, all, any, anymore, well, most, "
        "more, hi, hello, hey, there, think, guess, of, think so, suits, suit, "
        # German
        "ich, mir, mich, bitte, danke, gern, gerne, lieber, am liebsten, per, über, via, mit, die, den, das, der, hätte, will, "
        "möchte, moechte, würde, bevorzuge, ja, nur, senden, schicken, ist, besser, gut, wäre, vielen, dank, hallo, mein, "
        "meine, an, für, "
        # Spanish
        "yo, por, por favor, gracias, muchas, prefiero, prefería, preferiría, quiero, quisiera, me, el, la, los, las, un, sí, "
        "si, mejor, solo, sólo, está, es, bien, hola, enviar, envíe, envíen, con, usar, mi, "
        # French
        "je, j, préfère, prefere, préférerais, par, sur, s il vous plaît, s il vous plait, s il te plaît, svp, stp, merci, "
        "beaucoup, oui, le, les, un, une, voudrais, veux, aime, aimerais, mieux, c est, bonjour, d, l, de, des, ne, n, "
        "seulement, plutôt, plutot, avec, mon, pour, moi, "
        # Chinese
        "我, 我想, 我要, 想, 要, 请, 用, 请用, 通过, 发, 发给, 发送, 给, 给我, 吧, 谢谢, 好, 好的, 可以, 就, 就行, 行, 就好, "
        "希望, 选, 选择, 是, 的, 更, 喜欢, 方便, 您好, 你好, 了, 只"
    ),
}


def _tokens(phrase: str) -> tuple[str, ...]:
    """Words; of Chinese, characters."""
    words = phrase.casefold().split()
    return tuple(token for word in words for token in (word if "\u4e00" <= word[0] <= "\u9fff" else (word,)))


VOCABULARY: Mapping[tuple[str, ...], Sense] = {
    _tokens(phrase.strip()): sense
    for sense, phrases in reversed(tuple(_PHRASES.items()))  # what means something wins over what fills
    for phrase in phrases.split(",")
}
"""What each phrase means, by its words in lower case. A longer phrase is tried before a shorter one."""
