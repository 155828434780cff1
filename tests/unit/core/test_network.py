import pytest

from core.network import NetworkEnv, Probe, get_network_env


def env(domestic: list[bool | None], foreign: list[bool | None]) -> NetworkEnv:
    return get_network_env([
        *(Probe("quotes.example.cn", True, reached) for reached in domestic),
        *(Probe("blocked.example.com", False, reached) for reached in foreign),
    ])


@pytest.mark.parametrize(
    ("domestic", "foreign", "expected"),
    [
        ([True], [False], NetworkEnv.DIRECT),
        ([True, False], [False, False], NetworkEnv.DIRECT),
        ([True], [True], NetworkEnv.VPN),
        ([False], [False, True], NetworkEnv.VPN),
        ([False, False], [False], NetworkEnv.OFFLINE),      # silence everywhere is no VPN
        ([], [], NetworkEnv.UNKNOWN),
        ([True], [], NetworkEnv.UNKNOWN),
        ([False], [], NetworkEnv.UNKNOWN),
        ([], [True], NetworkEnv.UNKNOWN),
        ([True], [None], NetworkEnv.UNKNOWN),               # no answer yet is not silence
        ([False, None], [False], NetworkEnv.UNKNOWN),
        ([None], [None], NetworkEnv.UNKNOWN),
        ([True, None], [False], NetworkEnv.DIRECT),         # one that answers proves its side
    ],
)
def test_the_line_is_named_only_when_the_probes_prove_it(
    domestic: list[bool | None], foreign: list[bool | None], expected: NetworkEnv
) -> None:
    assert env(domestic, foreign) is expected


def test_the_four_answers_have_stable_names() -> None:
    assert {e.value for e in NetworkEnv} == {"direct", "vpn", "offline", "unknown"}
