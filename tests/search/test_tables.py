from search.tables import aligned, cell


def test_columns_are_aligned_and_numbers_stand_on_the_right():
    rows = [("trial", "value"), ("a", "1.5"), ("long name", "12")]
    assert aligned(rows).splitlines() == ["  trial      value", "  a            1.5", "  long name     12"]


def test_no_line_ends_in_spaces():
    assert all(line == line.rstrip() for line in aligned([("a", "b"), ("ccc", "")]).splitlines())


def test_a_table_without_rows_is_empty():
    assert aligned([]) == ""


def test_cells_are_short_and_spelled_as_in_yaml():
    assert [cell(v) for v in (None, True, 0.123456, 3, "relu")] == ["", "true", "0.1235", "3", "relu"]
