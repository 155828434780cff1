"""The cases of these rules are the table of tests/support/risk_cases.py; here its completeness."""

import pytest

from tests.support.risk_cases import CASES, GOES, RiskCase
from trading import limit_checks
from trading.risk_checks import CATALOGUE

OURS = {rule.code: rule.check for rule in CATALOGUE
        if rule.check.__module__ == limit_checks.__name__}


@pytest.mark.parametrize("case", [case for case in CASES if case.code in OURS], ids=str)
def test_the_check_alone_decides_its_cases(case: RiskCase) -> None:
    found = OURS[case.code](case.request, case.view)

    assert (found is None) is (case.kind in GOES)


def test_every_rule_of_this_room_is_in_the_catalogue() -> None:
    public = {value for name, value in vars(limit_checks).items()
              if callable(value) and getattr(value, "__module__", "") == limit_checks.__name__
              and not name.startswith(("_", "judged_"))}

    assert public == set(OURS.values())
