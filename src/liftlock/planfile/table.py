"""A table of hosts, as spreadsheets have them: the first row names the columns, each other row is a host.

Rules: columns are known by their English or Chinese names; a column with another name is a variable. A host may be in
several groups, with commas between them. What a finding is about is a cell, named as the spreadsheet names it (C5).
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from liftlock.model.findings import Field, Severity
from liftlock.model.inventory import Hop, Host, Inventory
from liftlock.model.schedule import CONTROLLER
from liftlock.planfile import forms
from liftlock.planfile.ansible.render import LAST
from liftlock.planfile.ansible.written import Notes, Place
from liftlock.planfile.inventory import LOOPBACK, TAKEN, LoadedInventory
from liftlock.planfile.jumps import WRITTEN
from liftlock.planfile.nodes import Positions

COLUMNS = {
    "name": "host hostname host_name name server server_name node 主机 主机名 主机名称 名称 服务器 服务器名 "
    "服务器名称 节点",
    "address": "address ip ip_address ipaddress ansible_host 地址 ip地址 主机地址 主机ip 管理ip 内网ip 服务器ip",
    "port": "port ssh_port ansible_port 端口 ssh端口 端口号",
    "user": "user username login ansible_user 用户 用户名 登录用户 登录名 账号 登录账号",
    "groups": "group groups role roles 组 分组 主机组 所属组 组名 角色",
    "connection": "connection 连接 连接方式",
    "key": "key private_key 私钥 私钥文件 密钥文件",
    "domain": "domain rack zone failure_domain 机架 机柜 可用区 机房 故障域",
    "jump": "jump bastion jump_host 跳板机 堡垒机",
    "state": "state state_folder 状态目录",
}
MEANINGS = {word: field for field, words in COLUMNS.items() for word in words.split()}
GROUP_ENDS = re.compile(r"[,;|/\s、，；]+")
CONNECTIONS = {"": "ssh", "ssh": "ssh", "local": "local", "sandbox": "sandbox", "本地": "local"}
DELIMITERS = ",;\t"
ROWS_MAX = 200_000
COLUMNS_MAX = 500

Rows = Iterable[tuple[int, list[str]]]  # the row's number as the spreadsheet counts, its cells as text


class Unreadable(Exception):
    """`problem`: why the file is no table."""

    def __init__(self, code: str, **said: Field) -> None:
        super().__init__(code)
        self.code, self.said = code, said


class Column(Struct, frozen=True):
    """`field`: of a host; empty for a variable called `name`."""

    index: int
    field: str
    name: str

    def cell(self, row: int) -> str:
        return f"{letters(self.index)}{row}"


def load_csv(data: bytes, file: str) -> LoadedInventory:
    """CSV as Excel and others write it: UTF-8, GB18030 or UTF-16; commas, semicolons or tabs."""
    return load_table(csv_rows(data), file)


def decode(data: bytes) -> str:
    """UTF-16 says so by its mark; what is no UTF-8 is GB18030, as Excel writes CSV in China. Raises Unreadable."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable("L435", problem="UTF-8, GB18030")


def csv_rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    text = decode(data)
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        yield from enumerate(reader, 1)
    except csv.Error as error:
        raise Unreadable("L435", problem=str(error)) from error


def load_table(rows: Rows, file: str) -> LoadedInventory:
    """Any rows have an answer."""
    reader = TableReader(file)
    try:
        reader.read(rows)
    except Unreadable as error:
        reader.notes.note(error.code, Place(file), **error.said)
    findings = tuple(reader.notes.findings)
    failed = any(each.severity is Severity.ERROR for each in findings)
    inventory = None if failed else Inventory(reader.hosts, {name: tuple(each) for name, each in reader.groups.items()})
    return LoadedInventory(file, inventory, findings, Positions(None), files=(file,))


class TableReader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.notes = Notes()
        self.columns: list[Column] = []
        self.hosts: dict[str, Host] = {}
        self.groups: dict[str, dict[str, None]] = {"all": {}}
        self.cells: dict[str, str] = {}  # where each host stands first

    def read(self, rows: Rows) -> None:
        for number, cells in rows:
            cells = [cell.strip() for cell in cells[:COLUMNS_MAX]]
            if number > ROWS_MAX:
                raise Unreadable("L086", limit=ROWS_MAX)
            if not any(cells):
                continue
            if not self.columns:
                self.take_header(number, cells)
            else:
                self.take_row(number, cells)
        if not self.columns:
            raise Unreadable("L430", known=known())
        if not self.hosts and not self.notes.findings:
            self.note("L421", 0, 0)

    def take_header(self, row: int, cells: list[str]) -> None:
        taken: dict[str, None] = {}
        for index, text in enumerate(cells):
            plain = normal(text)
            field = MEANINGS.get(plain.lower(), "")
            if not plain:
                continue
            if (field or plain) in taken:
                self.note("L431", row, index, cell=f"{letters(index)}{row}", given=text)
                continue
            taken[field or plain] = None
            if not field and plain in TAKEN:
                self.note("L415", row, index, name=plain)
            elif field or not LAST.search(plain):
                self.columns.append(Column(index, field, plain))
        if not any(column.field in ("name", "address") for column in self.columns):
            raise Unreadable("L430", known=known())

    def take_row(self, row: int, cells: list[str]) -> None:
        said = {column.field: cells[column.index] for column in self.columns if column.field and has(cells, column)}
        name = said.get("name") or said.get("address", "")
        place = self.cell("name", row) or self.cell("address", row)
        if not name:
            self.note("L432", row, 0, cell=place)
        elif name == CONTROLLER:
            self.note("L067", row, 0, name=name)
        elif not forms.NAME.fullmatch(name):
            self.note("L424", row, 0, given=name)
        else:
            self.take_host(row, name, said, cells)

    def take_host(self, row: int, name: str, said: Mapping[str, str], cells: list[str]) -> None:
        connection = self.connection(row, said.get("connection", ""))
        host = Host(
            name=name,
            address=said.get("address") or (name if connection == "ssh" else LOOPBACK),
            connection=connection,
            user=said.get("user", ""),
            port=self.port(row, said.get("port", "")),
            state=said.get("state", ""),
            domain=said.get("domain", ""),
            key=said.get("key", ""),
            variables={each.name: cells[each.index] for each in self.columns if not each.field and has(cells, each)},
            jump=self.jump(row, said.get("jump", "")),
        )
        cell = self.cell("name", row) or self.cell("address", row)
        if self.hosts.setdefault(name, host) != host:
            self.note("L434", row, 0, cell=cell, host=name, first=self.cells[name])
        self.cells.setdefault(name, cell)
        for group in ("all", *filter(None, GROUP_ENDS.split(said.get("groups", "")))):
            self.groups.setdefault(group, {})[name] = None

    def connection(self, row: int, given: str) -> str:
        if given.lower() not in CONNECTIONS:
            self.note("L433", row, 0, cell=self.cell("connection", row), given=given)
        return CONNECTIONS.get(given.lower(), "ssh")

    def port(self, row: int, given: str) -> int:
        text = given.removesuffix(".0")
        if not text:
            return 22
        if not text.isascii() or not text.isdigit() or len(text) > 5 or not 0 < int(text) < 65536:
            self.note("L433", row, 0, cell=self.cell("port", row), given=given)
            return 22
        return int(text)

    def jump(self, row: int, given: str) -> tuple[Hop, ...]:
        found = []
        for text in filter(None, re.split(r"[,;，；\s]+", given)):
            hop = WRITTEN.fullmatch(text)
            if not hop or not 0 < int(hop[3] or 22) < 65536:
                self.note("L433", row, 0, cell=self.cell("jump", row), given=text)
            else:
                found.append(Hop(hop[2].strip("[]"), hop[1] or "", int(hop[3] or 22)))
        return tuple(found)

    def cell(self, field: str, row: int) -> str:
        return next((column.cell(row) for column in self.columns if column.field == field), "")

    def note(self, code: str, row: int, index: int, **fields: Field) -> None:
        self.notes.note(code, Place(self.file, row, index + 1 if row else 0), **fields)


def has(cells: list[str], column: Column) -> bool:
    return column.index < len(cells) and cells[column.index] != ""


def normal(header: str) -> str:
    """A column's name without blanks at its ends, remarks in brackets, and blanks between words."""
    plain = re.sub(r"[(（【\[].*?[)）】\]]", "", header).strip(" *:：\ufeff")
    return re.sub(r"[\s-]+", "_", plain)


def letters(index: int) -> str:
    """0 is A, 25 is Z, 26 is AA."""
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(65 + rest) + text
    return text


def known() -> str:
    return "host, hostname, ip, 主机, 主机名, ip地址"
