"""Tables of hosts: English and Chinese headers, Excel's encodings, findings with the cell's address."""

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.model.inventory import Hop, Host
from liftlock.planfile.inventories import read_inventory
from liftlock.planfile.inventory import LoadedInventory
from liftlock.planfile.table import letters, load_csv
from liftlock.planfile.workbook import load_workbook

openpyxl = pytest.importorskip("openpyxl")

CHINESE = "主机,IP地址,SSH端口,登录用户,分组,机架,跳板机,备注\n应用-1,,,,,,,\n"
ROWS = """主机名,IP,端口,用户,分组,机架,跳板机,单元
app-01,10.0.0.1,22,deploy,"app,华东",r1,ops@bastion:2022,orders
app-02,10.0.0.2,2222,,app、db,r2,,orders
db-01,10.0.0.3,,,db,,,
"""


def load(text: str, encoding: str = "utf-8") -> LoadedInventory:
    return load_csv(text.encode(encoding), "hosts.csv")


def book(*rows: tuple[Any, ...], merge: str = "", title: str = "Sheet1") -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    if merge:
        sheet.merge_cells(merge)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_chinese_headers_in_the_encodings_that_excel_writes(encoding: str) -> None:
    loaded = load(ROWS, encoding)
    assert loaded.findings == ()
    assert loaded.inventory is not None
    assert loaded.inventory.groups == {
        "all": ("app-01", "app-02", "db-01"),
        "app": ("app-01", "app-02"),
        "华东": ("app-01",),
        "db": ("app-02", "db-01"),
    }
    assert loaded.inventory.hosts["app-01"] == Host(
        name="app-01",
        address="10.0.0.1",
        user="deploy",
        domain="r1",
        jump=(Hop("bastion", "ops", 2022),),
        variables={"单元": "orders"},
    )
    assert loaded.inventory.hosts["app-02"].port == 2222


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters(delimiter: str) -> None:
    loaded = load(f"Host Name{delimiter}IP Address{delimiter}Groups\r\na1{delimiter}10.0.0.1{delimiter}web db\r\n")
    assert loaded.inventory is not None
    assert loaded.inventory.members("db") == ("a1",)
    assert loaded.inventory.hosts["a1"].address == "10.0.0.1"


WRONG = [
    ("colour,shape\nred,round\n", [("L430", "")]),
    ("", [("L430", "")]),
    ("host,ip\n,10.0.0.1\n\nb,\n", []),
    ("host,user\na,x\n,y\n", [("L432", "A3")]),
    ("host,port\na,ssh\nb,70000\nc,22.0\n", [("L433", "B2"), ("L433", "B3")]),
    ("host,connection\na,winrm\n", [("L433", "B2")]),
    ("host,ip\na,1.1.1.1\na,2.2.2.2\n", [("L434", "A3")]),
    ("host,ip,groups\na,1.1.1.1,x\na,1.1.1.1,y\n", []),
    ("host,主机,ip\na,b,\n", [("L431", "B1")]),
    ("host\nunder score\n", [("L424", "")]),
    ("host\ncontroller\n", [("L067", "")]),
    ("host,version\na,1\n", [("L415", "")]),
    ("host,jump\na,b@@c\n", [("L433", "B2")]),
    ("host\n", [("L421", "")]),
]


@pytest.mark.parametrize(("text", "wanted"), WRONG)
def test_findings_name_the_cell(text: str, wanted: list[tuple[str, str]]) -> None:
    assert [(each.code, each.fields.get("cell", "")) for each in load(text).findings] == wanted


def test_a_column_of_passwords_is_not_read() -> None:
    loaded = load("主机,密码,db_password,单元\na,hunter2,hunter3,u\n")
    assert loaded.inventory is not None
    assert loaded.inventory.hosts["a"].variables == {"单元": "u"}
    assert "hunter" not in repr(loaded)


def test_a_workbook() -> None:
    data = book(
        ("主机", "IP", "端口", "分组", "启用"),
        ("a1", "10.0.0.1", 22, "web", True),
        ("a2", "10.0.0.2", 2200.0, None, 1.5),
        merge="D2:D3",
    )
    loaded = load_workbook(data, "hosts.xlsx")
    assert loaded.findings == ()
    assert loaded.inventory is not None
    assert loaded.inventory.members("web") == ("a1", "a2")
    assert loaded.inventory.hosts["a2"].port == 2200
    assert [each.variables["启用"] for each in loaded.inventory.hosts.values()] == ["true", "1.5"]


def test_a_formula_without_a_saved_value_is_said_with_its_cell() -> None:
    found = load_workbook(book(("host", "ip"), ("a1", '="10.0.0."&1')), "hosts.xlsx").findings
    assert [(each.code, each.fields["cell"]) for each in found] == [("L437", "B2")]


def test_the_sheet_that_names_hosts_is_read() -> None:
    workbook = openpyxl.Workbook()
    workbook.active.append(("说明", "请填写第二页"))
    workbook.create_sheet("清单").append(("服务器", "IP"))
    workbook["清单"].append(("a1", "10.0.0.1"))
    file = io.BytesIO()
    workbook.save(file)
    loaded = load_workbook(file.getvalue(), "hosts.xlsx")
    assert loaded.inventory is not None
    assert list(loaded.inventory.hosts) == ["a1"]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no zip", book(("x",))[:200], b"\xd0\xcf\x11\xe0 old .xls"])
def test_what_is_no_workbook_is_said(data: bytes) -> None:
    assert [each.code for each in load_workbook(data, "hosts.xlsx").findings] == ["L435"]


def test_letters_of_columns() -> None:
    assert [letters(index) for index in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


def test_relative_keys_begin_beside_the_table(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "hosts.csv").write_text("host,key\na,keys/id\n")
    read = read_inventory("lists/hosts.csv", tmp_path, dict, Path.read_bytes)
    assert read.relative_to == tmp_path / "lists"


@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=100).map(lambda text: f"host,ip,port\n{text}".encode("utf-8", "replace")),
    )
)
@settings(max_examples=200, deadline=None)
def test_any_bytes_have_an_answer(data: bytes) -> None:
    load_csv(data, "hosts.csv")
    load_workbook(data, "hosts.xlsx")
