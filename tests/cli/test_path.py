"""`liftlock path`: the way up on the terminal and for programs, with shipped products, files, plans and imports."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from liftlock.cli.main import root
from liftlock.planfile.products import load_product, shipped_names

GRAPHS = Path(__file__).parents[1] / "planfile" / "graphs"
PLAN = """\
upgrade: GitLab 16.9 → 17.5
owner: li.wei
components:
  - name: gitlab
    product: {product}
    version: {{from: "16.9.1", to: "17.5.2"}}
    via: [{via}]
    hosts: app
    recipe:
      - command: {{run: "true", undo: "true"}}
      - verify: {{http: "http://127.0.0.1:1/", json: {{version: "{{version}}"}}}}
approvals: [{{role: risk, by: chen.jie}}]
unsigned_approvals: true
{more}"""
HOSTS = 'hosts: {{a: {{connection: local, variables: {{gitlab-17.1-needed: "{needed}"}}}}}}\ngroups: {{app: [a]}}\n'


def call(*words: str) -> Result:
    return CliRunner().invoke(root, ["path", *words])


def answer(*words: str) -> Any:
    result = call(*words, "--json")
    return json.loads(result.output) | {"status": result.exit_code}


def write_plan(folder: Path, via: str = "", more: str = "", needed: str = "false", product: str = "gitlab") -> str:
    (folder / "hosts.yaml").write_text(HOSTS.format(needed=needed))
    hops = ", ".join(f'{{version: "{each}"}}' for each in via.split())
    (folder / "plan.yaml").write_text(PLAN.format(via=hops, more=more, product=product))
    return str(folder / "plan.yaml")


def test_a_way_with_what_to_know_before_each_hop() -> None:
    result = call("12.4", "16.4", "--product", "postgresql")
    assert result.exit_code == 0
    assert "12.4 → 16.4" in result.output
    assert "everything stopped" in result.output
    assert "https://www.postgresql.org/docs/current/pgupgrade.html" in result.output
    chinese = call("12.4", "16.4", "--product", "postgresql", "--lang", "zh").output
    assert "须全部停机" in chinese
    assert "不可回退" in chinese


def test_a_way_through_stops_says_what_to_write() -> None:
    result = call("16.9.1", "17.5.2", "--product", "gitlab")
    assert 'via: [{version: "16.11"}, {version: "17.1"}, {version: "17.3"}]' in result.output
    found = answer("16.9.1", "17.5.2", "--product", "gitlab")
    assert [move["to"] for move in found["way"]["moves"]] == ["16.11", "17.1", "17.3", "17.5.2"]
    assert found["status"] == 0


def test_facts_from_a_file(tmp_path: Path) -> None:
    facts = tmp_path / "facts.yaml"
    facts.write_text("gitlab-17.1-needed: false\n")
    found = answer("16.9.1", "17.5.2", "--product", "gitlab", "--facts", str(facts))
    assert [move["to"] for move in found["way"]["moves"]] == ["16.11", "17.3", "17.5.2"]
    facts.write_text("- what\n")
    assert call("16.9.1", "17.5.2", "--product", "gitlab", "--facts", str(facts)).exit_code == 1


def test_several_parts_with_every_state() -> None:
    ends = ("kube-apiserver=1.29,kubelet=1.27", "kube-apiserver=1.31,kubelet=1.31")
    result = call("--product", "kubernetes", *ends)
    assert "kube-apiserver 1.29 + 1.30.14 · kubelet 1.27" in result.output
    found = answer("--product", "kubernetes", *ends)
    assert len(found["way"]["states"]) == 9
    behind = call("--product", "kubernetes", "kube-apiserver=1.29,kubelet=1.26", "kube-apiserver=1.31,kubelet=1.26")
    assert behind.exit_code == 1
    assert "allowed are 3 behind and 0 ahead, in minor versions" in behind.output


def test_no_way_says_what_stands_in_the_way_and_an_override_opens_it() -> None:
    result = call("4.16.5", "4.18.20", "--product", "openshift")
    assert result.exit_code == 1
    assert "WhereaboutsControllerCreateContainerError" in result.output
    assert "nobody knows OVNEgressIPFailure" in result.output
    named = ("--override", "WhereaboutsControllerCreateContainerError", "--override", "OVNEgressIPFailure")
    opened = answer("4.16.5", "4.18.20", "--product", "openshift", *named)
    assert opened["status"] == 0
    accepted = [name for move in opened["way"]["moves"] for name in move.get("accepted", ())]
    assert sorted(accepted) == ["OVNEgressIPFailure", "WhereaboutsControllerCreateContainerError"]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("1", "2", "--product", "nope"), 1, "postgresql"),
        (("1", "--product", "gitlab"), 2, "FROM TO"),
        (("a b", "17.3", "--product", "gitlab"), 1, "a b"),
        (("1.29", "1.30", "--product", "kubernetes"), 1, "kubelet=1.29"),
        (("kubelet=1.29", "kubectl=1.30", "--product", "kubernetes"), 1, "kubectl"),
        (("17.3", "16.1", "--product", "gitlab"), 1, "older"),
        (("17.3", "17.3", "--product", "gitlab"), 0, "already"),
        (("8.19.1", "9.0.1", "--product", "elasticsearch"), 1, "No edge"),
        (("--import", "debian", "x"), 2, "openshift"),
        (("--plan", "missing.yaml"), 1, "missing.yaml"),
    ],
)
def test_what_cannot_be_answered(words: tuple[str, ...], status: int, said: str) -> None:
    result = call(*words)
    assert result.exit_code == status, result.output
    assert said in result.output


def test_a_product_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text('product: ours\nedges: [{from: "1.*", to: "2.*", risk: high, downtime: 10m}]\n')
    result = call("1.0", "2.0", "--product", str(file))
    assert "risk high, downtime 10 min" in result.output
    file.write_text('product: ours\nedges:\n  - {from: "1.*", to: ">="}\n')
    wrong = call("1.0", "2.0", "--product", str(file))
    assert wrong.exit_code == 1
    assert "ours.yaml:3:19 L570" in wrong.output
    assert '3 |   - {from: "1.*", to: ">="}' in wrong.output


def test_where_there_is_no_way_nothing_is_said_of_going_it() -> None:
    up, down = call("16", "17", "--product", "postgresql"), call("17", "16", "--product", "postgresql")
    assert (up.exit_code, "From here on there is no way back" in up.output) == (0, True)
    assert (down.exit_code, "From here on there is no way back" in down.output) == (1, False)


def test_what_is_shipped() -> None:
    assert [each["product"] for each in json.loads(call("--list", "--json").output)] == list(shipped_names())
    text = call("--list", "--product", "gitlab").output
    assert load_product(text, "gitlab").product is not None


def test_a_plan_brings_its_versions_hosts_and_overrides(tmp_path: Path) -> None:
    plan = write_plan(tmp_path)
    found = answer("--plan", plan)
    assert [move["to"] for move in found["way"]["moves"]] == ["16.11", "17.3", "17.5.2"]
    unsure = answer("--plan", write_plan(tmp_path, needed="true"))
    assert [move["to"] for move in unsure["way"]["moves"]] == ["16.11", "17.1", "17.3", "17.5.2"]
    without = call("--plan", write_plan(tmp_path, product="nothing"))
    assert without.exit_code == 1
    assert "names a product" in without.output


def check(plan: str) -> list[dict[str, Any]]:
    result = CliRunner().invoke(root, ["check", plan, "--json"])
    return [each for each in json.loads(result.output)["findings"] if "L470" <= each["code"] <= "L599"]


def test_check_holds_a_plan_against_its_products_rules(tmp_path: Path) -> None:
    stops, via = check(write_plan(tmp_path))
    assert (stops["code"], stops["line"], stops["fields"]["stops"]) == ("L579", 6, "16.11.*, 17.3.*")
    assert via["help"] == 'Write `via: [{version: "16.11"}, {version: "17.3"}]`.'
    assert check(write_plan(tmp_path, "16.11.10 17.3.7")) == []
    again = check(write_plan(tmp_path, "16.11.10 17.5.0"))
    assert [(each["code"], each["line"]) for each in again] == [("L579", 7), ("L582", 7)]


def test_check_reads_a_plans_own_product_files(tmp_path: Path) -> None:
    own = 'product: gitlab\nedges: [{from: "*", to: "*"}]\nstops: [{version: ">"}]\n'
    (tmp_path / "own.yaml").write_text(own)
    found = check(write_plan(tmp_path, more="products: [own.yaml, gone.yaml]\n"))
    assert [(each["code"], Path(each["file"]).name, each["line"]) for each in found] == [
        ("L470", "plan.yaml", 14),
        ("L570", "own.yaml", 3),
    ]


def test_editors_get_the_keys_of_product_files() -> None:
    schema = json.loads(CliRunner().invoke(root, ["schema", "--product", "--lang", "zh"]).output)
    assert schema["title"] == "liftlock product"
    assert "必经版本" in schema["$defs"]["Product"]["properties"]["stops"]["description"]


def test_an_import_is_written_once(tmp_path: Path) -> None:
    out = tmp_path / "gitlab.yaml"
    words = ("--import", "gitlab", str(GRAPHS / "gitlab-stops.csv"), "-o", str(out))
    assert "34 stops" in call(*words).output
    product = load_product(out.read_bytes(), "x").product
    assert product is not None
    assert len(product.stops) == 34
    assert len(product.read_on) == 10
    again = call(*words)
    assert again.exit_code == 1
    assert "exists already" in again.output
    printed = call("--import", "openshift", str(GRAPHS / "openshift"), "--channel", "stable-4.17").output
    assert load_product(printed, "x").product is not None
    unknown = call("--import", "openshift", str(GRAPHS / "openshift"), "--channel", "stable-4.2")
    assert unknown.exit_code == 1
    assert "stable-4.17" in unknown.output
