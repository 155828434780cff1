import numpy as np

from data.generated.traits import issue_ticks, traits
from data.generated.universe import listings


def test_an_instrument_has_the_same_traits_whoever_stands_beside_it() -> None:
    alone, together = traits(1, listings(30)[7:8]), traits(1, listings(30))

    assert alone.price_ticks[0] == together.price_ticks[7] == issue_ticks(1, listings(30)[7])
    assert alone.own_ratio[0] == together.own_ratio[7]


def test_funds_follow_no_industry_and_move_little_by_themselves() -> None:
    kind = traits(1, listings(40))

    assert set(kind.industry_beta[kind.fund == 1]) == {0.0}
    assert kind.own_ratio[kind.fund == 1].max() < kind.own_ratio[kind.fund == 0].min()


def test_start_prices_are_whole_ticks_around_the_real_median() -> None:
    kind = traits(1, listings(320))
    stocks = (kind.price_ticks / kind.ticks_per_cny)[kind.fund == 0]

    assert (kind.price_ticks == np.rint(kind.price_ticks)).all()
    assert 8 < float(np.median(stocks)) < 18
    assert stocks.min() > 3
