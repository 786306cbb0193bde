"""The planted truths are proved in six worlds whenever the simulator changes; other runs of the tests take the shipped one."""

from mktlib.world import store
from tools import prove_world


def test_this_simulator_was_proved_in_six_worlds():
    assert prove_world.noted() == store.sources(), (
        "mktlib/world has changed: run python tools/prove_world.py, and commit its note"
    )
