"""Every case of this folder runs unchanged on every rig."""

from collections.abc import Iterator

import pytest

from tests.support.broker_bench import Bench
from tests.support.broker_rig import BrokerRig, RigMaker
from tests.support.qmt_rig import QmtRig
from tests.support.simulator_rig import SimulatorRig
from tests.support.vnpy_rig import VnpyRig

RIGS: dict[str, RigMaker] = {"simulator": SimulatorRig, "qmt": QmtRig, "vnpy": VnpyRig}


@pytest.fixture(name="rig", params=list(RIGS))
def _rig(request: pytest.FixtureRequest) -> Iterator[BrokerRig]:
    rig = RIGS[request.param]()
    yield rig
    rig.close()


@pytest.fixture(name="bench")
def _bench(rig: BrokerRig) -> Iterator[Bench]:
    """The case's last state is checked as well."""
    bench = Bench(rig)
    yield bench
    bench.hear()
    bench.check()
