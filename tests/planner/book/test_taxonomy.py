"""The tree of categories and the files that are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InputError
from planner.book import taxonomy
from planner.book.taxonomy import Node, Tree, own_tree, read_tree

HEADER = "Unique ID\tParent ID\tName\tTier 1\n"


@pytest.fixture
def tree(tmp_path):
    def read(text):
        file = tmp_path / "tree.tsv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_tree(file)

    return read


def test_iab_s_tree(data):
    tree = read_tree(data / "taxonomy" / "ad-product-2.0.tsv")
    assert len(tree) == 583
    assert tree.resolve("Ad Safety Risk") == "1000"  # its own parent: a root
    assert tree.closure(["1000"]) == {"1000"}
    assert tree.resolve("1004") == tree.resolve("beer") == tree.resolve("ALCOHOL > Beer") == "1004"
    assert tree.closure(["1004"]) == {"1002", "1004"}
    assert tree.resolve("Skin Care") is None
    assert tree.called("Skin Care") == ("1244", "1246")


def test_own_tree_has_what_the_shipped_books_name():
    tree = own_tree()
    assert 60 <= len(tree) <= 80
    for name in ("Autos", "Alcohol > Wine", "Travel > Airlines", "Finance", "Betting", "Telecom", "Retail", "Food"):
        assert tree.resolve(name) is not None, name
    assert tree.closure(["beer", "airlines"]) == {"beer", "drink-alcohol", "airlines", "travel"}
    assert tree is own_tree()


def test_a_title_above_the_header_and_other_names_of_columns(tree):
    found = tree(
        "Relational ID System\t\tContent\nUnique ID\tParent\tCondensed Name (1st, last tier)\n1\t\tA\n2\t1\tB\n"
    )
    assert found.resolve("A > B") == "2"


def test_a_header_in_other_case_with_a_mark_and_columns_in_another_order(tree):
    found = tree("\ufeffNAME\tparent\tunique  id\r\nDrinks\t\t1\r\nBeer\t1\t2\r\n\r\n")
    assert found.closure(["2"]) == {"1", "2"}
    assert found.resolve("drinks  > beer") == "2"


def test_parents_may_stand_behind_their_children(tree):
    assert tree(HEADER + "c\tb\tC\nb\ta\tB\na\ta\tA\n").closure(["c"]) == {"a", "b", "c"}


def test_an_id_goes_before_a_name(tree):
    found = tree(HEADER + "1\t\t2\n2\t\tother\n")
    assert found.resolve("2") == "2"
    assert found.called("2") == ("2",)


def test_what_is_called_nothing_resolves_to_nothing(tree):
    found = tree(HEADER + "1\t\tA\n")
    assert found.resolve("B") is None
    assert found.called("B") == ()
    with pytest.raises(KeyError):
        found.closure(["B"])


@pytest.mark.parametrize(
    ("text", "place", "expected", "found"),
    [
        ("", "line 1", 'columns "Unique ID", "Parent ID" and "Name"', "''"),
        ("Unique ID\tName\n1\tA\n", "line 1", 'columns "Unique ID", "Parent ID" and "Name"', "'Unique ID\\tName'"),
        (HEADER + "1\t\tA\n1\t\tB\n", "line 3", "an id that is not used yet", "'1', see line 2"),
        (HEADER + "1\t9\tA\n", "line 2", "a parent that is in the file", "'9'"),
        (HEADER + "1\tA\n", "line 2", "at least 3 columns", "2"),
        (HEADER + "\t\tA\n", "line 2", "an id of 1 to 500 characters", "0 characters"),
        (HEADER + "1\t\t \n", "line 2", "a name of 1 to 500 characters", "0 characters"),
        (HEADER + f"1\t\t{'n' * 501}\n", "line 2", "a name of 1 to 500 characters", "501 characters"),
        (HEADER + "0\t\tR\n1\t3\tA\n2\t1\tB\n3\t2\tC\n", "line 3", "a tree", "a cycle: 1 > 3 > 2 > 1"),
        (HEADER + "0\t1\tR\n1\t2\tA\n2\t1\tB\n", "line 3", "a tree", "a cycle: 1 > 2 > 1"),
        (HEADER.encode() + b"1\t\tA\n2\t\t\xff\n", "line 3", "UTF-8", "byte 0xff"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tree, tmp_path, text, place, expected, found):
    with pytest.raises(InputError) as caught:
        tree(text)
    assert str(caught.value) == f"{tmp_path / 'tree.tsv'}: {place}: expected {expected}, found {found}"


def test_a_long_cycle_is_named_in_one_line(tree):
    rows = "".join(f"{index}\t{(index + 1) % 1000}\tN{index}\n" for index in range(1000))
    with pytest.raises(InputError) as caught:
        tree(HEADER + rows)
    assert caught.value.found == "a cycle: 0 > 1 > 2 > 3 > ... > 0"


def test_a_chain_has_a_limit(tree):
    def chain(levels):
        return HEADER + "".join(f"{index}\t{index - 1 if index else ''}\tN{index}\n" for index in range(levels))

    assert len(tree(chain(taxonomy.MAX_LEVELS)).closure([str(taxonomy.MAX_LEVELS - 1)])) == taxonomy.MAX_LEVELS
    with pytest.raises(InputError, match="at most 32 levels, found 33"):
        tree(chain(taxonomy.MAX_LEVELS + 1))
    upwards = HEADER + "".join(f"{index}\t{index + 1 if index < 40 else ''}\tN{index}\n" for index in range(41))
    with pytest.raises(InputError, match="at most 32 levels, found 41"):
        tree(upwards)


def test_size_is_bounded(tree):
    rows = [f"{index}\t\tN{index}\n" for index in range(taxonomy.MAX_NODES + 1)]
    assert len(tree(HEADER + "".join(rows[:-1]))) == taxonomy.MAX_NODES
    with pytest.raises(InputError, match=r"line 100002: expected at most 100000 categories, found more$"):
        tree(HEADER + "".join(rows))
    with pytest.raises(InputError, match=r"expected at most 16777216 bytes, found more$"):
        tree(HEADER + " " * taxonomy.MAX_FILE)


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="expected a readable taxonomy, found No such file or directory"):
        read_tree(tmp_path / "none.tsv")
    with pytest.raises(InputError, match="expected a readable taxonomy, found Is a directory"):
        read_tree(tmp_path)
    with pytest.raises(InputError, match="expected a readable taxonomy, found embedded null byte"):
        read_tree(tmp_path / "a\0b.tsv")


@given(st.lists(st.integers(min_value=-1, max_value=8), min_size=1, max_size=9))
def test_a_file_is_a_tree_or_has_a_cycle(tmp_path_factory, parents):
    """Against following each node's parents for as many steps as there are nodes."""
    count = len(parents)
    parents = [parent if parent < count else -1 for parent in parents]
    ends = []
    for node in range(count):
        step, seen = node, {str(node)}
        for _ in range(count):
            if parents[step] in {-1, step}:
                break
            step = parents[step]
            seen.add(str(step))
        ends.append((parents[step] in {-1, step}, seen))
    file = tmp_path_factory.mktemp("tree") / "tree.tsv"
    rows = (f"{node}\t{parent if parent >= 0 else ''}\tN{node}\n" for node, parent in enumerate(parents))
    file.write_text(HEADER + "".join(rows))
    if all(rooted for rooted, _ in ends):
        found = read_tree(file)
        assert all(found.closure([str(node)]) == seen for node, (_, seen) in enumerate(ends))
    else:
        with pytest.raises(InputError, match="expected a tree, found a cycle"):
            read_tree(file)


def test_a_tree_of_nodes():
    assert Tree({"a": Node("a", None, "A", 2)}).resolve("a") == "a"
