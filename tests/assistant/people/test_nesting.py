"""Groups in groups, against a search that knows nothing of the rule."""

from hypothesis import given
from hypothesis import strategies as st

from portway_assistant.people.nesting import close

pairs = st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde")), max_size=12)


def reachable(group, nesting):
    found, size = {member for parent, member in nesting if parent == group}, -1
    while size != len(found):
        size = len(found)
        found |= {member for parent, member in nesting if parent in found}
    return sorted(found - {group})


@given(nesting=pairs)
def test_everything_below_a_group_is_found_also_in_circles(nesting):
    assert close(nesting) == {
        group: reachable(group, nesting) for group in sorted({parent for parent, _ in nesting})
    }


def test_a_long_chain_needs_no_depth():
    chain = [(f"g{number:05}", f"g{number + 1:05}") for number in range(2000)]

    assert len(close(chain)["g00000"]) == 2000
