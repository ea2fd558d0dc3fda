"""Reading text files: each oddity is handled and said, or is a Problem that names the place."""

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from torchwise.data.reading import read_table
from torchwise.data.table import Table
from torchwise.errors import Problem


def read(tmp_path: Path, content: str | bytes, name: str = "t.csv") -> Table:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_table(path)


def said(table: Table) -> str:
    return "\n".join(map(str, table.notes))


def test_a_plain_file_has_typed_columns_and_no_notes(tmp_path: Path) -> None:
    table = read(tmp_path, "a,b,c,d\n1,2.5,x,true\n-2,,y,FALSE\n")
    assert table.columns.to_pydict() == {"a": [1, -2], "b": [2.5, None], "c": ["x", "y"], "d": [True, False]}
    assert [str(kind) for kind in table.columns.schema.types] == ["int64", "double", "string", "bool"]
    assert table.notes == ()
    assert (table.name, table.num_rows, table.where(1)) == ("t", 2, "line 3")
    assert len(table.sha256) == 64


@pytest.mark.parametrize(("delimiter", "word"), [(",", ""), (";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str, word: str) -> None:
    table = read(tmp_path, "a,b,c\n1,x,2\n3,y,4\n".replace(",", delimiter))
    assert table.columns.to_pydict() == {"a": [1, 3], "b": ["x", "y"], "c": [2, 4]}
    assert word in said(table)


def test_a_decimal_comma_is_read_with_points_for_thousands(tmp_path: Path) -> None:
    table = read(tmp_path, "a;b;c\n1,5;1.234,5;1.234\n-2,25;7;12\n")
    assert table.columns.to_pydict() == {"a": [1.5, -2.25], "b": [1234.5, 7.0], "c": [1234.0, 12.0]}
    assert "the comma was read as the decimal sign in 'a', 'b'" in said(table)
    assert "thousands separators were taken out in 'b', 'c'" in said(table)


def test_a_comma_that_could_be_either_is_told_by_the_other_columns(tmp_path: Path) -> None:
    assert read(tmp_path, "a\tb\n1,234\t0,5\n").columns.to_pydict() == {"a": [1.234], "b": [0.5]}
    assert read(tmp_path, "a\tb\n1,234\t0.5\n").columns.to_pydict() == {"a": [1234.0], "b": [0.5]}
    assert read(tmp_path, 'a,b\n"1,234",1\n').columns.to_pydict() == {"a": [1234.0], "b": [1]}
    assert read(tmp_path, "a;b\n1,234;1\n").columns.to_pydict() == {"a": [1.234], "b": [1]}


def test_percent_and_currency_signs_are_taken_off_and_said(tmp_path: Path) -> None:
    table = read(tmp_path, 'a,b,c,d\n12%,$3.50,€5,5%\n"7,5 %","-$1,000.25",6 €,x\n')
    assert table.columns.to_pydict() == {
        "a": [12.0, 7.5], "b": [3.5, -1000.25], "c": [5.0, 6.0], "d": ["5%", "x"],
    }  # fmt: skip
    assert "per cent signs were taken off in 'a'" in said(table)
    assert "currency signs were taken off in 'b', 'c'" in said(table)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030"])
def test_chinese_text_is_read_in_each_encoding(tmp_path: Path, encoding: str) -> None:
    table = read(tmp_path, "年龄,城市\n1,北京\n2,上海\n".encode(encoding))
    assert table.columns.to_pydict() == {"年龄": [1, 2], "城市": ["北京", "上海"]}
    assert (said(table) == "") == encoding.startswith("utf-8")


def test_western_text_is_not_taken_for_chinese(tmp_path: Path) -> None:
    table = read(tmp_path, "größe,stadt\n1,Köln\n2,Düsseldorf\n".encode("cp1252"))
    assert table.columns.to_pydict() == {"größe": [1, 2], "stadt": ["Köln", "Düsseldorf"]}
    assert "Windows-1252" in said(table)


def test_a_gzipped_file_is_unpacked(tmp_path: Path) -> None:
    table = read(tmp_path, gzip.compress(b"a,b\n1,2\n"), "covid.train.csv.gz")
    assert (table.name, table.columns.to_pydict()) == ("covid.train", {"a": [1], "b": [2]})
    with pytest.raises(Problem, match="cannot be unpacked"):
        read(tmp_path, gzip.compress(b"a,b\n1,2\n" * 99)[:-9])


def test_quotes_hold_delimiters_newlines_and_quotes_and_the_lines_stay_right(tmp_path: Path) -> None:
    table = read(tmp_path, 'a,b\n1,"x, y\nz"\n\n2,"say ""hi"""\n')
    assert table.columns.to_pydict() == {"a": [1, 2], "b": ["x, y\nz", 'say "hi"']}
    assert [table.where(row) for row in (0, 1)] == ["line 2", "line 5"]
    assert "a blank line was passed over (line 4)" in said(table)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_each_kind_of_line_end_is_known(tmp_path: Path, newline: str) -> None:
    for quote in ("", '"'):
        table = read(tmp_path, f"a,{quote}b{quote}\n1,x\n2,y\n".replace("\n", newline))
        assert table.columns.to_pydict() == {"a": [1, 2], "b": ["x", "y"]}
        assert table.lines is not None and table.lines.tolist() == [2, 3]


def test_spaces_around_values_and_names_are_taken_off(tmp_path: Path) -> None:
    table = read(tmp_path, 'a , b\n 1 , "x, z" \n2, q\n')
    assert table.columns.to_pydict() == {"a": [1, 2], "b": ["x, z", "q"]}
    assert "spaces around values were taken off in 'a', 'b'" in said(table)


def test_repeated_names_are_numbered_as_pandas_does(tmp_path: Path) -> None:
    table = read(tmp_path, "cli,x,cli,cli,cli.1\n1,2,3,4,5\n")
    assert table.names == ("cli", "x", "cli.2", "cli.3", "cli.1")
    assert "'cli' stands more than once" in said(table)
    assert read(tmp_path, "cli,cli,cli\n1,2,3\n").names == ("cli", "cli.1", "cli.2")


def test_missing_words_are_missing_among_numbers_and_some_stay_words_among_words(tmp_path: Path) -> None:
    table = read(tmp_path, "n,w\n1,None\nNA,NA\n-,shed\n?,?\nNone,\n缺失,null\n")
    assert table.columns.to_pydict() == {"n": [1, *[None] * 5], "w": ["None", None, "shed", None, None, None]}
    assert '"None" or "-" was kept as a word in \'w\'' in said(table)


def test_infinite_values_are_missing_and_said(tmp_path: Path) -> None:
    table = read(tmp_path, "a,b\n1,1e39\ninf,2\n-Infinity,NaN\n")
    assert table.columns.to_pydict() == {"a": [1.0, None, None], "b": [None, 2.0, None]}
    assert "were read as missing in 'a', 'b'" in said(table)


def test_codes_with_leading_zeros_stay_words(tmp_path: Path) -> None:
    table = read(tmp_path, "zip,hex\n01234,0x1F\n99999,0x20\n")
    assert table.columns.to_pydict() == {"zip": ["01234", "99999"], "hex": ["0x1F", "0x20"]}
    assert "numbers with leading zeros were kept as words in 'zip'" in said(table)


def test_an_unnamed_first_column_keeps_the_name_pandas_gives(tmp_path: Path) -> None:
    assert read(tmp_path, ",a\n0,5\n1,6\n").names == ("Unnamed: 0", "a")


def test_row_names_without_a_header_are_a_column(tmp_path: Path) -> None:
    table = read(tmp_path, '"a","b"\n"r1",1,2\n"r2",3,4\n')
    assert table.columns.to_pydict() == {"Unnamed: 0": ["r1", "r2"], "a": [1, 3], "b": [2, 4]}
    assert "taken for row names" in said(table)


@pytest.mark.parametrize("header", ["a,b,", "a,b"])
def test_a_delimiter_at_the_end_of_each_row_makes_no_column(tmp_path: Path, header: str) -> None:
    assert read(tmp_path, f"{header}\n1,2,\n3,4,\n").names == ("a", "b")


def test_excels_sep_line_is_heeded(tmp_path: Path) -> None:
    table = read(tmp_path, "sep=;\na;b\n1;2\n")
    assert (table.columns.to_pydict(), table.where(0)) == ({"a": [1], "b": [2]}, "line 3")


def test_rising_numbers_may_be_names(tmp_path: Path) -> None:
    assert read(tmp_path, "1999,2000,2001\n1,2,3\n4,5,6\n").names == ("1999", "2000", "2001")


def test_taking_rows_keeps_their_lines(tmp_path: Path) -> None:
    table = read(tmp_path, "a,b\n1,x\n2,y\n3,z\n")
    part = table.take([2, 0]).take(np.array([True, False]))
    assert (part.columns.to_pydict(), part.where(0)) == ({"a": [3], "b": ["z"]}, "line 4")


def test_reading_needs_no_torch() -> None:
    program = (
        "import sys; from torchwise.data.reading import read_table; from torchwise.data.schema import infer_schema; "
        "infer_schema(read_table('builtin:survey'), target='tested_positive.4'); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_broad_table_of_many_rows_is_read_quickly(tmp_path: Path) -> None:
    rows = "\n".join(",".join(f"{i * j % 97 / 8}" for j in range(50)) for i in range(1, 5001))
    table = read(tmp_path, ",".join(f"c{j}" for j in range(50)) + "\n" + rows)
    assert (table.num_rows, len(table.names), table.column("c3")[4].as_py()) == (5000, 50, 15 / 8)
