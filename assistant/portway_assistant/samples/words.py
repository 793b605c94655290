"""Words, sentences, titles and names to fill a sample with."""

from random import Random

_WORDS = tuple(
    """the a of to and in for on with by from after before each every new old last first next about
    team release plan review meeting customer server update change request report budget schedule
    office project service system network backup database design test build deployment monitor
    alert ticket page document process policy access account question answer decision risk owner
    status summary figure table section example step result version export import migration check
    list group member partner contract invoice delivery order stock product price market growth
    training course guide manual checklist form template archive search index cache queue worker
    is are was were will can should must has have made sent found fixed moved opened closed written
    quickly carefully weekly monthly often never always together alone early late again almost
    Größe façade naïve señor Übersicht café résumé Straße""".split()  # noqa: SIM905
)
_SUBJECTS = tuple(
    """Release Backup Onboarding Network Budget Meeting Incident Design Security Search Training
    Support Travel Hiring Monitoring Deployment Database Quality Market Product Customer Vendor
    Licence Holiday Überblick Datenschutz Café 会議 計画 Отчёт Projet Año""".split()  # noqa: SIM905
)
_FORMS = tuple(
    """checklist plan notes report guide overview review policy summary log FAQ roadmap schedule
    howto minutes ideas decisions retrospective""".split()  # noqa: SIM905
)
_FIRST = tuple(
    """Ann Bob Carla David Eva Frank Grace Hugo Iris Jürgen Kaori Łukasz María Nadia Olga Pierre
    Quinn Rosa Søren Tomáš Uma Viktor Wei Ximena Yusuf Zoë José Élodie 健 美咲""".split()  # noqa: SIM905
)
_LAST = tuple(
    """Adams Becker Costa Dubois Eriksson Fischer García Hansen Ivanova Jensen Kowalski López Müller
    Novák O'Brien Peeters Rossi Sato Tanaka Ünal Vogel Wang Yılmaz Zhang Ångström 佐藤""".split()  # noqa: SIM905
)
_SENTENCES = 400


class Lexicon:
    """Draws text; sentences come from a stock made once, which is what makes it fast."""

    def __init__(self, seed: int) -> None:
        chance = Random(f"{seed}/words")  # noqa: S311 - not for secrets
        self._stock = [self._sentence(chance) for _ in range(_SENTENCES)]

    def paragraph(self, chance: Random) -> str:
        """Return three to seven sentences."""
        return " ".join(chance.choices(self._stock, k=chance.randrange(3, 8)))

    def phrase(self, chance: Random) -> str:
        """Return two to four words."""
        return " ".join(chance.choices(_WORDS, k=chance.randrange(2, 5)))

    def title(self, chance: Random, number: int) -> str:
        """Return a title; the number makes it the only one of its space."""
        return f"{chance.choice(_SUBJECTS)} {chance.choice(_FORMS)} {number}"

    @staticmethod
    def _sentence(chance: Random) -> str:
        words = " ".join(chance.choices(_WORDS, k=chance.randrange(5, 18)))
        return f"{words[0].upper()}{words[1:]}{chance.choice('....?!')}"


def person_name(number: int) -> tuple[str, str]:
    """Return first and last name of a person."""
    return _FIRST[number % len(_FIRST)], _LAST[(number // len(_FIRST) + number) % len(_LAST)]
